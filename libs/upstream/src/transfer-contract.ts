import type { Readable } from 'node:stream';

/**
 * The growing file of one transfer. One call of `append` at a time, in order; `read` at any time beside it. After `finish` or `abort` nothing is
 * appended. `close` comes last and once, when the last reader has gone.
 *
 * A resumable upload of the blob room fits behind it: opening the sink is its `create`, `append` its writing at the size reached (synced or
 * not, but readable when it resolves), `finish` its `finish` with the expected checksums, the storing and what makes the file known, `abort` its
 * `cancel`. The file that `read` uses is kept open, because storing moves it away.
 */
export interface TransferSink<T> {
  /** Resolves when the bytes can be read back. The chunk stays as it is until then, and must not be changed. */
  append(chunk: Buffer): Promise<void>;
  /** From 1 to `length` bytes at `position`; only bytes that were appended are asked for, also after `finish`. */
  read(position: number, length: number): Promise<Buffer>;
  /**
   * Verifies length and digests, and commits. Whoever opens the same key after it has resolved must find the file where files are looked for.
   * @throws digest-mismatch and the like: every reader gets the error instead of the last bytes, and `abort` is called
   */
  finish(): Promise<T>;
  /** Removes what arrived. Idempotent, must not throw. */
  abort(): Promise<void>;
  /** Lets go of the file. Must not throw. */
  close(): Promise<void>;
}

/** An answer that is being received. */
export interface TransferBody {
  readonly body: Readable;
  /** Where its first byte belongs: the offset that was asked for, or 0 when the upstream sends everything again. */
  readonly offset: number;
  readonly totalBytes?: number | undefined;
}

/**
 * Asks the upstream for the bytes from `offset` on. Called with 0 first, and again where a transfer was cut. It may answer from 0 every time; the bytes
 * that are there already are then compared and skipped. The signal is aborted when nobody wants the file any more.
 */
export type TransferStart = (offset: number, signal: AbortSignal) => Promise<TransferBody>;

/**
 * One caller's share in a transfer. Every transfer that was opened must be released: a reader that ends or is destroyed does so for its caller, and
 * who reads nothing calls `release` himself.
 */
export interface Transfer<T> {
  readonly key: string;
  /** True for the caller whose `open` began the transfer. */
  readonly first: boolean;
  /** The answer has begun; fails with the upstream's failure when it does not. */
  readonly started: Promise<{ readonly totalBytes: number | undefined }>;
  /** What `finish` of the sink gave; fails when the file could not be had, or was not what it should be. */
  readonly finished: Promise<T>;
  /**
   * Bytes as they arrive, at the reader's own speed. `end` is inclusive. The last 64 KiB of the file come after it was verified; when it was not,
   * the stream fails. A range that ends before them is not verified.
   */
  read(range?: { readonly start: number; readonly end?: number }): Readable;
  /** Idempotent. */
  release(): void;
}
