import type { Checksums, Digest } from '#kernel';

/** Row ids are PostgreSQL bigints and travel as decimal text. */
export type Id = string;

export interface RepositoryRow {
  readonly id: Id;
  readonly name: string;
  readonly format: string;
  readonly kind: 'hosted' | 'proxy' | 'group';
  readonly settings: Readonly<Record<string, unknown>>;
  /** Changes with every change of the settings: the ETag of the management resource. */
  readonly settingsRevision: number;
  readonly createdAt: Date;
}

export interface PackageRow {
  readonly id: Id;
  readonly repositoryId: Id;
  /** Normalised by the format, unique in the repository. */
  readonly name: string;
  /** As the publisher wrote it. */
  readonly displayName: string;
  /** Grows with every change below the package: the validator of every index. */
  readonly revision: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface VersionRow {
  readonly id: Id;
  readonly packageId: Id;
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly publishedAt: Date;
  /** Name of the publishing principal. */
  readonly publishedBy: string;
  /** Stable id of the publishing principal (`user:7`). */
  readonly publisherId: string;
  /** Null while the version is open (Maven): its publisher may still replace files. */
  readonly sealedAt: Date | null;
  readonly updatedAt: Date;
  readonly removedAt: Date | null;
}

export interface FileRow {
  readonly id: Id;
  readonly repositoryId: Id;
  readonly packageId: Id;
  readonly versionId: Id | null;
  /** Unique among the living files of the repository. */
  readonly path: string;
  readonly blobId: Id;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly checksums: Checksums;
  readonly mediaType: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly publishedAt: Date;
  readonly publishedBy: string;
  readonly publisherId: string;
  readonly removedAt: Date | null;
}

export interface TagRow {
  readonly id: Id;
  readonly packageId: Id;
  readonly name: string;
  readonly versionId: Id;
  /** Text of the version that the tag points at. */
  readonly version: string;
  readonly validFrom: Date;
  readonly validTo: Date | null;
  readonly movedBy: string;
  readonly client: string | null;
}

export const versionStates = ['yanked', 'deprecated', 'unlisted', 'quarantined'] as const;
export type VersionState = (typeof versionStates)[number];

export interface StateRow {
  readonly packageId: Id;
  readonly versionId: Id;
  readonly state: VersionState;
  readonly reason: string;
  readonly validFrom: Date;
  readonly validTo: Date | null;
  readonly changedBy: string;
}

/**
 * Why a blob or a version is needed, as a row. `subject`, `child`, `config` and `layer` come from manifests; `file` from files.
 * `digest` is what the holder wrote, so it may be a sha512 digest.
 */
export interface ReferenceRow {
  readonly versionId: Id | null;
  readonly packageId: Id;
  readonly relation: string;
  readonly digest: string;
}
