import type { FileRow, PackageRow, VersionRow } from '#catalog';
import type { Draft } from '../draft.js';

/** The version that a publish adds to, and whether its row is new. */
export interface AddedVersion {
  readonly row: VersionRow;
  readonly isNew: boolean;
}

export interface AddedFile {
  readonly row: FileRow;
  readonly isNew: boolean;
  readonly replaced: FileRow | undefined;
}

/** What the steps of a release work on: the draft, and the package's row, locked. */
export interface AtPackage {
  readonly draft: Draft;
  readonly pkg: PackageRow;
}
