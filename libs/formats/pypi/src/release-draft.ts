import {
  decideOverwrite,
  type Draft,
  type DraftFile,
  type FileRow,
  type OverwritePolicy,
  type RepositoryRow,
  type StoredBlob,
  type Verdict,
} from '#registry';
import { valueOf } from './core-metadata.js';
import type { Distribution } from './distribution.js';
import { filePath, type DistributionName } from './filenames.js';
import type { FileMetadata } from './project-page.js';
import { releaseFacts } from './release-facts.js';

/** A file that passed every check and whose bytes are in the store. */
export interface StoredUpload {
  readonly name: DistributionName;
  readonly distribution: Distribution;
  /** Text of the release that it belongs to: of the one that is there when `1.0` joins `1.0.0`. */
  readonly release: string;
  readonly file: StoredBlob;
  /** The metadata beside it, when it is offered. */
  readonly sibling: StoredBlob | undefined;
}

/** Everything that the upload of one file changes. */
export function releaseDraft(repository: RepositoryRow, upload: StoredUpload): Draft {
  const { name, distribution, release } = upload;
  const replace: DraftFile['replace'] = ({ file }) => replaceVerdict(repository, name, file);
  const path = filePath(name.fileName);
  const files: DraftFile[] = [
    // Clients hash the bytes as they come; a type that some proxy compresses would break that.
    { path, blob: upload.file, mediaType: 'application/octet-stream', metadata: { ...fileMetadata(upload) }, replace },
  ];
  if (upload.sibling)
    files.push({ path: `${path}.metadata`, blob: upload.sibling, mediaType: 'text/plain; charset=utf-8', replace });
  return {
    package: name.project,
    displayName: valueOf(distribution.metadata, 'Name') ?? name.project,
    version: {
      text: release,
      metadata: { ...releaseFacts(distribution.metadata) },
      whenPresent: 'join',
      whenRemoved: 'refuse',
    },
    files,
  };
}

/** May the file that is there under this name be replaced by other bytes? The words are those that skipping uploaders look for. */
export function replaceVerdict(repository: RepositoryRow, name: DistributionName, present: FileRow): Verdict {
  const policy = repository.settings['overwritePolicy'] as OverwritePolicy;
  const verdict = decideOverwrite(policy, { isSnapshot: name.version.dev !== undefined });
  if (verdict.allow) return verdict;
  const sha256 = present.digest.slice('sha256:'.length);
  return {
    ...verdict,
    reason: `File already exists ('${name.fileName}', with sha256 hash '${sha256}'). Use a different version.`,
  };
}

function fileMetadata({ name, distribution, release, sibling }: StoredUpload): FileMetadata {
  const requiresPython = valueOf(distribution.metadata, 'Requires-Python');
  return {
    fileName: name.fileName,
    version: release,
    packageType: name.packageType,
    pythonVersion: name.pythonTag,
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ...(sibling === undefined ? {} : { coreMetadataSha256: sibling.digest.slice('sha256:'.length) }),
  };
}
