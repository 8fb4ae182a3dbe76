import { pipeline, Readable, Transform, type TransformCallback } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { failureOf, UpstreamFailure } from './upstream-failure.js';

export interface BodyOptions {
  /** What `Content-Length` announced. */
  readonly announcedBytes: number | undefined;
  readonly gunzip: boolean;
  /** Most bytes to give, after inflating. */
  readonly maxBytes: number | undefined;
  /** Called once when the body is over, with its failure if it had one. */
  readonly onEnd: (failure: UpstreamFailure | undefined) => void;
}

/** Counts bytes: more or fewer than announced, or more than the limit, is an error and never a clean end. */
class Measure extends Transform {
  #seen = 0;

  constructor(
    private readonly announced: number | undefined,
    private readonly limit: number | undefined,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#seen += chunk.length;
    if (this.limit !== undefined && this.#seen > this.limit) return done(tooLarge());
    if (this.announced !== undefined && this.#seen > this.announced) return done(wrongLength());
    return done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    done(this.announced !== undefined && this.#seen !== this.announced ? wrongLength() : null);
  }
}

/** The last stage of a body; what reaches a reader as an error is always an `UpstreamFailure` or the reason of an aborted signal. */
export function responseBody(raw: Readable, options: BodyOptions, signal: AbortSignal | undefined): Readable {
  const outer = new Measure(undefined, options.maxBytes);
  const stages = [new Measure(options.announcedBytes, undefined), ...(options.gunzip ? [createGunzip()] : []), outer];
  const explain = (error: unknown): unknown => {
    if (signal?.aborted) return signal.reason;
    if (/^(?:Z_|ERR_ZLIB)/.test((error as NodeJS.ErrnoException).code ?? '')) {
      return new UpstreamFailure('invalid', 'The upstream sent content that is not gzip as it says.', { cause: error });
    }
    return failureOf(error, 'body');
  };
  // A reader that goes away ends the body too, but that is no failure of the upstream.
  let blamed = false;
  outer._destroy = (error, done) => {
    blamed = error instanceof UpstreamFailure || [raw, ...stages.slice(0, -1)].some(stage => stage.errored);
    done(error && blamed ? (explain(error) as Error) : error);
  };
  pipeline([raw, ...stages], error => {
    const explained = error && blamed ? explain(error) : undefined;
    options.onEnd(explained instanceof UpstreamFailure ? explained : undefined);
  });
  return outer;
}

/** A body without bytes, for HEAD and answers that have none. */
export function emptyBody(): Readable {
  return Readable.from([], { objectMode: false });
}

export function tooLarge(): UpstreamFailure {
  return new UpstreamFailure('too-large', 'The upstream sends more than is allowed here.');
}

function wrongLength(): UpstreamFailure {
  return new UpstreamFailure('unreachable', 'The upstream sent another number of bytes than it announced.');
}
