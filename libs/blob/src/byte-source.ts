import { IncomingMessage } from 'node:http';
import { addAbortSignal, Readable } from 'node:stream';

export type ByteSource = Readable | AsyncIterable<Buffer>;

/** The source failed or was cut, as opposed to the disk. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
}

/**
 * The chunks of a source. An aborted signal destroys the source. When the consumer stops early, the source is destroyed too, except a
 * request: destroying that would close its connection, and the refusal could not be sent any more.
 * @throws SourceFailure with the source's own error as cause.
 */
export async function* chunksOf(source: ByteSource, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  try {
    signal?.throwIfAborted();
    if (source instanceof Readable && signal) addAbortSignal(signal, source);
    const chunks: AsyncIterable<Buffer> =
      source instanceof IncomingMessage ? source.iterator({ destroyOnReturn: false }) : source;
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      yield chunk;
    }
  } catch (error) {
    throw new SourceFailure('the source of the bytes failed', { cause: error });
  }
}

/** Lets go of a source that will not be read to its end. Idempotent. */
export function abandon(source: ByteSource): void {
  if (source instanceof Readable && !(source instanceof IncomingMessage)) source.destroy();
}
