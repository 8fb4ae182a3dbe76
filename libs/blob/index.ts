export * from './src/contract.js';
export { FileBlobStore } from './src/file-blob-store.js';
export { FileUploadFiles } from './src/file-upload-files.js';
export { openFileBlobs, type FileBlobs, type FileBlobsOptions } from './src/open-file-blobs.js';
export type { FreeSpaceOptions } from './src/free-space.js';
