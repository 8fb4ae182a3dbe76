import { BlobFolder, type BlobFolderOptions } from './blob-folder.js';
import type { BlobLedger } from './contract.js';
import type { BlobCacheOptions } from './file-blob-reader.js';
import { FileBlobStore } from './file-blob-store.js';
import { FileUploadFiles } from './file-upload-files.js';

export interface FileBlobsOptions extends BlobFolderOptions, BlobCacheOptions {
  readonly ledger: BlobLedger;
}

/** Everything that a server needs from this room, over one data folder. */
export interface FileBlobs {
  readonly store: FileBlobStore;
  readonly uploads: FileUploadFiles;
  /** Removes what a killed process left in the staging folder; see `BlobFolder.sweepStaging`. */
  sweepStaging(options: { olderThanMs: number }): Promise<number>;
  /** For readiness. @throws unavailable, storage-full */
  requireWritable(): Promise<void>;
}

/** Opens the blob folder below `dataDir`, creating it if need be. @throws unavailable with a sentence for the operator */
export async function openFileBlobs(options: FileBlobsOptions): Promise<FileBlobs> {
  const folder = await BlobFolder.open(options);
  return {
    store: new FileBlobStore(folder, options.ledger, options),
    uploads: new FileUploadFiles(folder),
    sweepStaging: sweep => folder.sweepStaging(sweep),
    requireWritable: () => folder.requireWritable(0),
  };
}
