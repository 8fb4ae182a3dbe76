/** Injection tokens for values that are not classes. */
export const loggerToken = Symbol('larder.logger');
export const blobSinkToken = Symbol('larder.blob-sink');
export const blobSourceToken = Symbol('larder.blob-source');
export const uploadFilesToken = Symbol('larder.upload-files');
