import type { ArchiveBytes } from './archive.js';
import { parseCoreMetadata, valueOf, valuesOf, type CoreMetadata } from './core-metadata.js';
import type { DistributionName } from './filenames.js';
import { checkMetadata } from './metadata-rules.js';
import { readSdist } from './sdist.js';
import { readWheel } from './wheel.js';

/** What an uploaded file says about itself. */
export interface Distribution {
  readonly metadata: CoreMetadata;
  /** The bytes of METADATA or PKG-INFO exactly as in the file. */
  readonly metadataBytes: Buffer;
  /** Whether the metadata may be offered beside the file, for resolvers that want to spare the download. */
  readonly offersMetadata: boolean;
}

/**
 * Reads and checks an uploaded file against what its name says.
 * @throws invalid-package
 */
export async function readDistribution(archive: ArchiveBytes, name: DistributionName): Promise<Distribution> {
  const metadataBytes = await (name.packageType === 'sdist' ? readSdist(archive, name) : readWheel(archive, name));
  const metadata = parseCoreMetadata(metadataBytes);
  checkMetadata(metadata, name);
  return { metadata, metadataBytes, offersMetadata: name.packageType === 'bdist_wheel' || isSettled(metadata) };
}

/**
 * Simple repository API, "Serving metadata" with PEP 643: an sdist's metadata is final from version 2.2 on, for the fields that it does not call dynamic. Those that
 * a resolver needs must all be.
 */
function isSettled(metadata: CoreMetadata): boolean {
  const [major, minor] = (valueOf(metadata, 'Metadata-Version') ?? '1.0').split('.').map(Number) as [number, number];
  const dynamic = valuesOf(metadata, 'Dynamic').map(field => field.toLowerCase());
  return (
    major === 2 &&
    minor >= 2 &&
    !dynamic.some(field => ['requires-dist', 'requires-python', 'provides-extra'].includes(field))
  );
}
