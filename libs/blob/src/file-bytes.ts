import { Readable } from 'node:stream';
import type { DiskFile } from './disk.js';

/** 512 KiB: few wake-ups for a large file; a stream holds one piece that is being read and one that waits to be taken. */
export const pieceBytes = 512 * 1024;

export interface FileBytesOptions {
  readonly start: number;
  /** First byte that is not given any more. */
  readonly stop: number;
  /** Sees every piece before it is given. */
  readonly onPiece?: (piece: Buffer) => void;
  /** Called before the last piece is given: what it throws ends the stream without that piece. */
  readonly beforeLast?: () => void;
  /** What to say when the file ends before `stop`. */
  readonly onShort: () => Error;
}

/** Streams a part of an open file and closes it in the end, in whatever way the stream ends. */
export class FileBytes extends Readable {
  #position: number;
  #reading: Promise<void> | undefined;

  constructor(
    private readonly file: DiskFile,
    private readonly options: FileBytesOptions,
  ) {
    super({ highWaterMark: pieceBytes });
    this.#position = options.start;
  }

  override _read(): void {
    this.#reading = this.#readPiece();
  }

  override _destroy(cause: Error | null, finished: (error?: Error | null) => void): void {
    void this.#close().then(closing => finished(cause ?? closing));
  }

  /** The number of a closed file may be given to another one at once: waits until nothing reads from it. Never rejects. */
  async #close(): Promise<Error | undefined> {
    await this.#reading;
    try {
      await this.file.close();
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  /** Never rejects. */
  async #readPiece(): Promise<void> {
    try {
      const { stop, onPiece, beforeLast, onShort } = this.options;
      const length = Math.min(pieceBytes, stop - this.#position);
      if (length === 0) {
        this.push(null);
        return;
      }
      const { buffer, bytesRead } = await this.file.read(Buffer.allocUnsafeSlow(length), 0, length, this.#position);
      if (bytesRead === 0) throw onShort();
      const piece = buffer.subarray(0, bytesRead);
      this.#position += bytesRead;
      onPiece?.(piece);
      if (this.#position === stop) beforeLast?.();
      // Outside this turn: `push` may call `_read` or `_destroy`, which look at the promise of this very read.
      queueMicrotask(() => this.destroyed || this.push(piece));
    } catch (error) {
      queueMicrotask(() => this.destroy(error as Error));
    }
  }
}
