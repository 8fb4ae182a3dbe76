import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import parseRange from 'range-parser';
import { LarderError, systemCode } from '#kernel';
import { ifRangeHolds, isNotModified } from './conditional.js';

/** Stored bytes and what is known about them without opening them. */
export interface SendableFile {
  readonly sizeBytes: number;
  /** Strong validator with quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  readonly mediaType: string;
  /** Bytes that are in memory already are given as they are: a stream around them costs more than sending them. */
  open(range?: { start: number; end: number }): Promise<FileStream | Buffer>;
}

/** A stream that may know a cheaper way to write itself than being read. `sendTo` does not end the target. */
export interface FileStream extends Readable {
  sendTo?(target: Writable): Promise<void>;
}

const longestRangeHeader = 256;

/**
 * Streams a file: 304, single ranges with `If-Range`, 416, HEAD without opening the file. Several ranges are answered with the whole file, which RFC 9110 allows.
 * Never compresses. Resolves `true` when the client received a complete 200; a cut transfer ends the connection, never with a clean short end.
 * @throws range-not-satisfiable
 */
export async function sendFile(
  req: IncomingMessage,
  res: ServerResponse,
  file: SendableFile,
  headers: Readonly<Record<string, string>>,
): Promise<boolean> {
  const common: OutgoingHttpHeaders = {
    'Content-Type': file.mediaType,
    ETag: file.etag,
    'Last-Modified': file.lastModified.toUTCString(),
    'Accept-Ranges': 'bytes',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  };
  if (isNotModified(req, file.etag, file.lastModified)) {
    delete common['Content-Type'];
    res.writeHead(304, common).end();
    return false;
  }
  const range = wantedRange(req, file);
  const status = range ? 206 : 200;
  const length = range ? range.end - range.start + 1 : file.sizeBytes;
  if (range) common['Content-Range'] = `bytes ${range.start}-${range.end}/${file.sizeBytes}`;
  common['Content-Length'] = length;
  if (req.method === 'HEAD') {
    res.writeHead(status, common).end();
    return false;
  }
  const body = await file.open(range);
  res.writeHead(status, common);
  const complete = Buffer.isBuffer(body) ? await sendAtOnce(body, res) : await stream(body, res);
  return complete && !range;
}

/** Resolves false when the client goes away before the last byte is with the operating system. */
function sendAtOnce(body: Buffer | undefined, res: ServerResponse): Promise<boolean> {
  if (res.destroyed) return Promise.resolve(false);
  return new Promise(resolve => {
    res.once('close', () => resolve(res.writableFinished));
    res.end(body);
  });
}

async function stream(body: FileStream, res: ServerResponse): Promise<boolean> {
  try {
    if (body.sendTo) {
      await body.sendTo(res);
      return await sendAtOnce(undefined, res);
    }
    await pipeline(body, res);
    return true;
  } catch (error) {
    // The client went away, or the bytes on disk are wrong: either way the answer must not look complete.
    res.destroy();
    if (
      systemCode(error) === 'ERR_STREAM_PREMATURE_CLOSE' ||
      systemCode(error) === 'ECONNRESET' ||
      systemCode(error) === 'EPIPE'
    )
      return false;
    throw error;
  }
}

function wantedRange(req: IncomingMessage, file: SendableFile): { start: number; end: number } | undefined {
  const header = req.headers.range;
  if (
    header === undefined ||
    header.length > longestRangeHeader ||
    !header.startsWith('bytes=') ||
    !ifRangeHolds(req, file.etag, file.lastModified)
  )
    return undefined;
  const suffix = /^bytes=-(\d+)$/.exec(header)?.[1];
  // The parser takes a suffix that is longer than the file as unsatisfiable; it means the whole file (RFC 9110 section 14.1.2).
  if (suffix !== undefined && file.sizeBytes > 0 && Number(suffix) >= file.sizeBytes)
    return { start: 0, end: file.sizeBytes - 1 };
  const ranges = parseRange(file.sizeBytes, header);
  if (ranges === -1) {
    throw new LarderError(
      'range-not-satisfiable',
      `The file has ${file.sizeBytes} bytes; the range asked for lies outside.`,
      {
        details: { sizeBytes: file.sizeBytes },
      },
    );
  }
  return ranges === -2 || ranges.length !== 1 ? undefined : ranges[0];
}
