import { ociIndex, type ManifestMetadata } from './manifest.js';

/** Distribution specification, "Listing Referrers". */
export interface Referrer {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Clients read at most 4 MiB of a manifest, and this answer is one. */
const maxPageBytes = 4 * 1024 * 1024 - 64 * 1024;
const maxPageEntries = 1_000;

export function referrerOf(digest: string, metadata: ManifestMetadata): Referrer {
  return {
    mediaType: metadata.mediaType,
    digest,
    size: metadata.sizeBytes,
    ...(metadata.artifactType !== undefined && { artifactType: metadata.artifactType }),
    ...(metadata.annotations && { annotations: metadata.annotations }),
  };
}

/** Each digest once, in the order of digests: a page is found again although others come and go. */
export function sortReferrers(referrers: readonly Referrer[]): Referrer[] {
  return [...new Map(referrers.map(referrer => [referrer.digest, referrer])).values()].sort((a, b) =>
    a.digest < b.digest ? -1 : 1,
  );
}

export interface ReferrersPage {
  readonly body: string;
  /** The last digest of the page, when more follow. */
  readonly next: string | undefined;
}

/** An empty list of types filters nothing; several are joined by "or". `referrers` must be sorted. */
export function referrersPage(
  referrers: readonly Referrer[],
  query: { artifactTypes: readonly string[]; after: string | undefined },
): ReferrersPage {
  const { artifactTypes, after } = query;
  const rest = referrers.filter(
    referrer =>
      (after === undefined || referrer.digest > after) &&
      (artifactTypes.length === 0 ||
        (referrer.artifactType !== undefined && artifactTypes.includes(referrer.artifactType))),
  );
  const entries: string[] = [];
  let bytes = 0;
  for (const referrer of rest.slice(0, maxPageEntries)) {
    const entry = JSON.stringify(referrer);
    bytes += Buffer.byteLength(entry) + 1;
    if (bytes > maxPageBytes && entries.length > 0) break;
    entries.push(entry);
  }
  return {
    body: `{"schemaVersion":2,"mediaType":"${ociIndex}","manifests":[${entries.join(',')}]}`,
    next: entries.length < rest.length ? rest[entries.length - 1]!.digest : undefined,
  };
}
