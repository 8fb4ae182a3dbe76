import { hexOf, type Checksums, type Digest } from '#kernel';
import type {
  FileRow,
  PackageRow,
  ReferenceRow,
  RepositoryRow,
  StateRow,
  TagRow,
  VersionRow,
  VersionState,
} from './rows.js';

/** Rows as node-postgres gives them: bigints are text. */
type Raw = Record<string, unknown>;

export const repositoryColumns = 'r.id, r.name, r.format, r.kind, r.settings, r.settings_revision, r.created_at';
export const packageColumns =
  'p.id, p.repository_id, p.name, p.display_name, p.revision, p.metadata, p.created_at, p.updated_at';
export const versionColumns =
  'v.id, v.package_id, v.text, v.metadata, v.published_at, v.published_by, v.publisher_id, v.sealed_at, v.updated_at, v.removed_at';
export const fileColumns =
  'f.id, f.repository_id, f.package_id, f.version_id, f.path, f.blob_id, f.media_type, f.metadata, f.published_at, f.published_by, f.publisher_id, f.removed_at, ' +
  'b.digest, b.size_bytes, b.sha512, b.sha1, b.md5, b.blake2b512';
export const tagColumns =
  't.id, t.package_id, t.name, t.version_id, v.text as version, t.valid_from, t.valid_to, t.moved_by, t.client';

export function toRepository(row: Raw): RepositoryRow {
  return {
    id: row['id'] as string,
    name: row['name'] as string,
    format: row['format'] as string,
    kind: row['kind'] as RepositoryRow['kind'],
    settings: Object.freeze(row['settings'] as Record<string, unknown>),
    settingsRevision: Number(row['settings_revision']),
    createdAt: row['created_at'] as Date,
  };
}

export function toPackage(row: Raw): PackageRow {
  return {
    id: row['id'] as string,
    repositoryId: row['repository_id'] as string,
    name: row['name'] as string,
    displayName: row['display_name'] as string,
    revision: Number(row['revision']),
    metadata: row['metadata'] as Record<string, unknown>,
    createdAt: row['created_at'] as Date,
    updatedAt: row['updated_at'] as Date,
  };
}

export function toVersion(row: Raw): VersionRow {
  return {
    id: row['id'] as string,
    packageId: row['package_id'] as string,
    text: row['text'] as string,
    metadata: row['metadata'] as Record<string, unknown>,
    publishedAt: row['published_at'] as Date,
    publishedBy: row['published_by'] as string,
    publisherId: row['publisher_id'] as string,
    sealedAt: row['sealed_at'] as Date | null,
    updatedAt: row['updated_at'] as Date,
    removedAt: row['removed_at'] as Date | null,
  };
}

export function toFile(row: Raw): FileRow {
  return {
    id: row['id'] as string,
    repositoryId: row['repository_id'] as string,
    packageId: row['package_id'] as string,
    versionId: row['version_id'] as string | null,
    path: row['path'] as string,
    blobId: row['blob_id'] as string,
    digest: row['digest'] as Digest,
    sizeBytes: Number(row['size_bytes']),
    checksums: toChecksums(row),
    mediaType: row['media_type'] as string,
    metadata: row['metadata'] as Record<string, unknown>,
    publishedAt: row['published_at'] as Date,
    publishedBy: row['published_by'] as string,
    publisherId: row['publisher_id'] as string,
    removedAt: row['removed_at'] as Date | null,
  };
}

/** Every digest that is known of a blob, out of the columns of its row. */
export function toChecksums(row: Raw): Checksums {
  const checksums: Checksums = { sha256: hexOf(row['digest'] as Digest) };
  for (const algorithm of ['sha512', 'sha1', 'md5', 'blake2b512'] as const) {
    const hex = row[algorithm];
    if (typeof hex === 'string') checksums[algorithm] = hex;
  }
  return checksums;
}

export function toTag(row: Raw): TagRow {
  return {
    id: row['id'] as string,
    packageId: row['package_id'] as string,
    name: row['name'] as string,
    versionId: row['version_id'] as string,
    version: row['version'] as string,
    validFrom: row['valid_from'] as Date,
    validTo: row['valid_to'] as Date | null,
    movedBy: row['moved_by'] as string,
    client: row['client'] as string | null,
  };
}

export function toState(row: Raw): StateRow {
  return {
    packageId: row['package_id'] as string,
    versionId: row['version_id'] as string,
    state: row['state'] as VersionState,
    reason: row['reason'] as string,
    validFrom: row['valid_from'] as Date,
    validTo: row['valid_to'] as Date | null,
    changedBy: row['changed_by'] as string,
  };
}

export function toReference(row: Raw): ReferenceRow {
  return {
    versionId: row['version_id'] as string | null,
    packageId: row['package_id'] as string,
    relation: row['relation'] as string,
    digest: row['digest'] as string,
  };
}
