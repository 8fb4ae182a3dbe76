import type { IncomingMessage } from 'node:http';
import { LarderError } from '#kernel';

/**
 * Reads a small body into memory.
 * @throws too-large when the announced or the received size passes the limit; invalid-request when the client cut it
 */
export async function readBody(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  refuseAnnouncedSize(req, limitBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limitBytes) throw tooLarge(limitBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof LarderError) throw error;
    throw new LarderError('invalid-request', 'The request body ended before it was complete.', { cause: error });
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
}

/** Refuses by `Content-Length` alone, before anything is read. @throws too-large */
export function refuseAnnouncedSize(req: IncomingMessage, limitBytes: number): void {
  const announced = Number(req.headers['content-length'] ?? 0);
  if (announced > limitBytes) throw tooLarge(limitBytes);
}

/** The `Content-Length` as a number, undefined for a chunked body. */
export function announcedSize(req: IncomingMessage): number | undefined {
  const header = req.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

function tooLarge(limitBytes: number): LarderError {
  return new LarderError(
    'too-large',
    `The body is larger than the limit of ${humanBytes(limitBytes)} for this request.`,
    { details: { limitBytes } },
  );
}

/** `15 MiB`, `2 GiB`, `900 bytes`. */
export function humanBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(1))} ${unit}`;
  }
  return `${bytes} bytes`;
}
