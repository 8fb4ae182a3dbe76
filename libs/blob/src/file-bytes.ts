import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import type { BlobStream } from './contract.js';
import type { DiskFile } from './disk.js';
import { givePiece, pieceBytes, takePiece } from './piece-memory.js';
import { writePiece } from './write-piece.js';

/** Sees all bytes of a stream and has the last word before its end. */
export interface FileCheck {
  /** Called for one piece after the other: the next one waits until this resolves. */
  update(piece: Uint8Array): Promise<void>;
  /** Called once, before the last piece is given: what it throws ends the stream without that piece. */
  finish(): Promise<void>;
  /** Called instead of `finish` when the stream ends early. */
  drop(): void;
}

export interface FileBytesOptions {
  readonly start: number;
  /** First byte that is not given any more. */
  readonly stop: number;
  readonly check?: FileCheck;
  /** What to say when the file ends before `stop`. */
  readonly onShort: () => Error;
}

/**
 * Streams a part of an open file and closes it in the end, in whatever way the stream ends. It holds one piece that is being read and one that waits to be taken
 * or is being sent.
 */
export class FileBytes extends Readable implements BlobStream {
  #position: number;
  #reading: Promise<void> | undefined;
  /** The check of the piece before, which goes on while the next one is read. */
  #checking: Promise<void> | undefined;
  #finished = false;

  constructor(
    private readonly file: DiskFile,
    private readonly options: FileBytesOptions,
  ) {
    super({ highWaterMark: pieceBytes });
    this.#position = options.start;
  }

  async sendTo(target: Writable): Promise<void> {
    const [first, second] = [takePiece(), takePiece()];
    try {
      let writing = Promise.resolve();
      for (let memory = first; ; memory = memory === first ? second : first) {
        const piece = await this.#nextPiece(memory);
        await writing;
        if (piece === null) break;
        writing = writePiece(target, piece);
        // A failure is seen by the next `await`; until then it must not count as unhandled.
        writing.catch(() => undefined);
      }
      // Only here it is certain that neither the target nor the check still looks at them.
      givePiece(first);
      givePiece(second);
    } finally {
      this.destroy();
      if (!this.closed) await once(this, 'close');
    }
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
    if (!this.#finished) this.options.check?.drop();
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
      const piece = await this.#nextPiece(undefined);
      // Outside this turn: `push` may call `_read` or `_destroy`, which look at the promise of this very read.
      queueMicrotask(() => this.destroyed || this.push(piece));
    } catch (error) {
      queueMicrotask(() => this.destroy(error as Error));
    }
  }

  /** The next checked piece, in that memory or in fresh one; null at the end. */
  async #nextPiece(memory: Buffer | undefined): Promise<Buffer | null> {
    const { stop, check, onShort } = this.options;
    const length = Math.min(pieceBytes, stop - this.#position);
    if (length === 0) return null;
    const { buffer, bytesRead } = await this.file.read(
      memory ?? Buffer.allocUnsafeSlow(length),
      0,
      length,
      this.#position,
    );
    if (bytesRead === 0) throw onShort();
    const piece = buffer.subarray(0, bytesRead);
    this.#position += bytesRead;
    if (check) await this.#check(check, piece);
    return piece;
  }

  async #check(check: FileCheck, piece: Buffer): Promise<void> {
    await this.#checking;
    this.#checking = check.update(piece);
    // A failure is seen by the next `await`; until then it must not count as unhandled.
    this.#checking.catch(() => undefined);
    if (this.#position < this.options.stop) return;
    await this.#checking;
    this.#finished = true;
    await check.finish();
  }
}
