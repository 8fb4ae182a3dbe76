import { badArchive, type ArchiveBytes } from './archive.js';
import { metadataLimitBytes, parseCoreMetadata, valueOf } from './core-metadata.js';
import type { DistributionName } from './filenames.js';
import { normaliseName } from './names.js';
import { isTarHeader, tarBlockBytes } from './tar-header.js';
import { readVersion } from './versions.js';
import { readZipDirectory, type ZipEntry } from './zip-directory.js';
import { checkMembers, readMember } from './zip-members.js';

const wheelFileLimitBytes = 1024 * 1024;

/**
 * Checks a wheel (binary distribution format 1.x) and returns its METADATA, unchanged. Reads the central directory, the members' headers and
 * two small members; nothing else is inflated.
 * @throws invalid-package
 */
export async function readWheel(archive: ArchiveBytes, distribution: DistributionName): Promise<Buffer> {
  const directory = await readZipDirectory(archive);
  const starts = await checkMembers(archive, directory);
  const head = await archive.read({ start: 0, end: tarBlockBytes - 1 });
  if (isTarHeader(head)) throw badArchive('it can be read as a ZIP and as a tar archive.');
  const info = distInfo(directory.entries, distribution);
  const metadata = await readMember(archive, starts, info.metadata, metadataLimitBytes);
  checkWheelFile(await readMember(archive, starts, info.wheel, wheelFileLimitBytes));
  return metadata;
}

interface DistInfo {
  readonly metadata: ZipEntry;
  readonly wheel: ZipEntry;
}

/** The only `*.dist-info` folder, which must be that of this project and version, with the three files that every wheel has. */
function distInfo(entries: readonly ZipEntry[], distribution: DistributionName): DistInfo {
  const members = new Map(entries.map(entry => [entry.name, entry]));
  const folders = new Set(entries.map(entry => topFolder(entry.name)).filter(name => /\.dist-info$/i.test(name)));
  if (folders.size !== 1) throw badArchive(`a wheel has exactly one .dist-info folder; this one has ${folders.size}.`);
  const [folder] = folders as unknown as [string];
  if (!isFolderOf(folder, distribution)) {
    throw badArchive(`its folder "${folder}" is not that of "${distribution.fileName}".`);
  }
  const member = (name: string): ZipEntry => {
    const entry = members.get(`${folder}/${name}`);
    if (!entry) throw badArchive(`it has no ${folder}/${name}, which every wheel has.`);
    return entry;
  };
  member('RECORD');
  return { metadata: member('METADATA'), wheel: member('WHEEL') };
}

function topFolder(name: string): string {
  const slash = name.indexOf('/');
  return slash === -1 ? name : name.slice(0, slash);
}

function isFolderOf(folder: string, { project, version }: DistributionName): boolean {
  const stem = folder.slice(0, -'.dist-info'.length);
  const cut = stem.lastIndexOf('-');
  return (
    cut !== -1 &&
    normaliseName(stem.slice(0, cut)) === project &&
    readVersion(stem.slice(cut + 1))?.canonical === version.canonical
  );
}

function checkWheelFile(bytes: Buffer): void {
  const wheel = parseCoreMetadata(bytes);
  const version = valueOf(wheel, 'Wheel-Version');
  if (!/^1\.[0-9]+$/.test(version ?? ''))
    throw badArchive(`its WHEEL file has Wheel-Version ${version ?? '(none)'}; 1.x is known.`);
  if (valueOf(wheel, 'Root-Is-Purelib') === undefined) throw badArchive('its WHEEL file has no Root-Is-Purelib.');
}
