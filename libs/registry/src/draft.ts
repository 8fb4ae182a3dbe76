import type { StoredBlob } from '#blob';
import type { FileRow, PackageRow, TagRow, VersionRow } from '#catalog';
import type { Verdict } from '#policy';

/** A file that a publish adds. */
export interface DraftFile {
  /** As clients see it below the repository; at most 1,024 bytes; unique in the repository. */
  readonly path: string;
  readonly blob: StoredBlob;
  readonly mediaType: string;
  /** What the format needs to render its indexes without opening the bytes. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /**
   * Asked inside the transaction when a living file with other bytes is at this path; equal bytes never ask and count as success. Without it the
   * repository's overwrite policy decides. An allowed replacement needs the action `overwrite` unless the verdict's rule begins with `open-version`.
   */
  readonly replace?: (present: { file: FileRow; version: VersionRow | undefined }) => Verdict;
}

/** A manifest edge: what the new version needs or is about. */
export interface DraftReference {
  /** `config`, `layer`, `child`, `subject`. All but `subject` must exist as living files of the same package with this digest in their path metadata. */
  readonly relation: string;
  /** As written in the manifest. */
  readonly digest: string;
  /** The blob row, where the bytes are here: keeps the bytes alive. */
  readonly blobId?: string;
}

export interface DraftVersion {
  readonly text: string;
  /** Made from the artifact itself. Replaces nothing when the version is already there. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Rendered pieces by variant, so that an index of many versions is put together without parsing (npm: `full`, `abbreviated`). */
  readonly fragments?: Readonly<Record<string, string>>;
  /**
   * `refuse`: a living version of that text is `version-exists` (except an identical repetition, see `Publishing.release`).
   * `join`: files are added to it (OCI digests, Maven and PyPI releases with several files).
   */
  readonly whenPresent: 'refuse' | 'join';
  /** What a removed version of that text means: `refuse` is `version-removed`; `revive` brings it back (content-addressed versions, snapshots). */
  readonly whenRemoved: 'refuse' | 'revive';
  /** Starts open instead of sealed. Default: sealed. */
  readonly open?: boolean;
}

export interface DraftTag {
  readonly name: string;
  /** `if-absent` sets the tag only when the package has no such tag (npm's `latest` on a first publish). Default `move`. */
  readonly when?: 'move' | 'if-absent';
  /**
   * Asked, besides the tag rules, when the tag points elsewhere. With it an allowed move is an `overwrite`: for formats in which the tag stands for a path (raw).
   */
  readonly replace?: (present: TagRow) => Verdict;
}

/** Everything that one publish changes. The bytes are stored already. */
export interface Draft {
  /** Normalised name. */
  readonly package: string;
  readonly displayName?: string;
  /** Merged into the package's metadata (top-level keys replace). */
  readonly packageMetadata?: Readonly<Record<string, unknown>>;
  readonly version?: DraftVersion;
  readonly files: readonly DraftFile[];
  readonly references?: readonly DraftReference[];
  readonly tags?: readonly DraftTag[];
}

export interface Released {
  readonly package: PackageRow;
  readonly version: VersionRow | undefined;
  /** Rows of the draft's files, in its order. */
  readonly files: readonly FileRow[];
  /** False when everything was there already with the same bytes: an identical repetition. */
  readonly changed: boolean;
}
