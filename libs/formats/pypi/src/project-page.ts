import type { FileRow, StateRow } from '#registry';
import { packageTypes, type PackageType } from './filenames.js';
import type { ProjectName } from './names.js';
import { compareVersions, readVersion } from './versions.js';

/** What is kept with each file row, so that pages need no bytes. Siblings (`.metadata`) carry none of it. */
export interface FileMetadata {
  readonly fileName: string;
  /** Normal form of its version. */
  readonly version: string;
  readonly packageType: PackageType;
  /** Python tag of a wheel; `source` for an sdist. */
  readonly pythonVersion: string;
  readonly requiresPython?: string;
  /** Hex sha256 of the sibling, when it is offered. */
  readonly coreMetadataSha256?: string;
}

/** One file of a project as every page shows it. */
export interface PageFile extends FileMetadata {
  /** Below the repository. */
  readonly path: string;
  readonly sha256: string;
  readonly md5: string | undefined;
  readonly sizeBytes: number;
  readonly uploadedAt: Date;
  /** Undefined: not yanked. Empty: yanked without a reason. */
  readonly yanked: string | undefined;
}

export interface ProjectPage {
  readonly name: ProjectName;
  /** Ascending by version, then by file name. */
  readonly files: readonly PageFile[];
  /** Ascending, unique. */
  readonly versions: readonly string[];
}

/** The page of a project, made of its rows. */
export function projectPage(name: ProjectName, rows: readonly FileRow[], states: readonly StateRow[]): ProjectPage {
  const yanked = new Map(states.filter(row => row.state === 'yanked').map(row => [row.versionId, row.reason]));
  const files: PageFile[] = [];
  for (const row of rows) {
    const metadata = readFileMetadata(row.metadata);
    if (metadata) files.push(pageFile(row, metadata, row.versionId === null ? undefined : yanked.get(row.versionId)));
  }
  return { name, ...inOrder(files) };
}

/** Undefined for a row that is not a distribution. */
export function readFileMetadata(metadata: Readonly<Record<string, unknown>>): FileMetadata | undefined {
  const { fileName, version, packageType } = metadata as Partial<FileMetadata>;
  const complete =
    typeof fileName === 'string' && typeof version === 'string' && packageTypes.some(type => type === packageType);
  return complete ? (metadata as unknown as FileMetadata) : undefined;
}

function pageFile(row: FileRow, metadata: FileMetadata, yanked: string | undefined): PageFile {
  return {
    ...metadata,
    path: row.path,
    sha256: row.digest.slice('sha256:'.length),
    md5: row.checksums.md5,
    sizeBytes: row.sizeBytes,
    uploadedAt: row.publishedAt,
    yanked,
  };
}

/** Each version is parsed once, however many files it has. */
function inOrder(files: readonly PageFile[]): { files: readonly PageFile[]; versions: readonly string[] } {
  const parsed = [...new Set(files.map(file => file.version))].flatMap(text => readVersion(text) ?? []);
  const versions = parsed.sort(compareVersions).map(version => version.text);
  const rank = new Map(versions.map((text, index) => [text, index]));
  const sorted = [...files].sort(
    (a, b) => rank.get(a.version)! - rank.get(b.version)! || (a.fileName < b.fileName ? -1 : 1),
  );
  return { files: sorted, versions };
}
