import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** A rendered index or other small answer, as bytes ready to send. */
export interface Document {
  readonly mediaType: string;
  readonly body: Buffer;
  /** The same bytes compressed once; absent when that would not be smaller or the body is under 1 KiB. */
  readonly gzip: Buffer | undefined;
  /** Strong, with quotes, for the identity form. */
  readonly etag: string;
  readonly etagGzip: string;
  readonly lastModified: Date | undefined;
}

const compress = promisify(gzip);
/** Below this a compressed answer saves less than its header costs. */
const smallestCompressed = 1024;

/** Hashes and compresses a body once, so that sending it costs neither. */
export async function makeDocument(
  mediaType: string,
  content: Buffer | string,
  lastModified?: Date,
): Promise<Document> {
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 32);
  const compressed = body.length >= smallestCompressed ? await compress(body, { level: 6 }) : undefined;
  return {
    mediaType,
    body,
    gzip: compressed && compressed.length < body.length ? compressed : undefined,
    etag: `"${hash}"`,
    etagGzip: `"${hash}-gzip"`,
    // HTTP dates have whole seconds: rounded up, so that it is never older than anything in the document.
    lastModified: lastModified && new Date(Math.ceil(lastModified.getTime() / 1000) * 1000),
  };
}
