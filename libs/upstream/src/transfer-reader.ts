import { Readable } from 'node:stream';

/** What a reader may know of the transfer that it reads. */
export interface GrowingFile {
  /** Bytes that may be given out. */
  readonly visibleBytes: number;
  /** No more will come. */
  readonly complete: boolean;
  readonly failure: unknown;
  readAt(position: number, length: number): Promise<Buffer>;
  /** Calls back once, when one of the above has changed. */
  onChange(callback: () => void): void;
}

/** 64 KiB a piece, of which a reader holds two: with 200 of them 26 MB. */
const pieceBytes = 64 * 1024;

/** Follows a growing file at the speed of whoever consumes it. */
export class TransferReader extends Readable {
  constructor(
    private readonly file: GrowingFile,
    private position: number,
    /** The first byte that is not wanted; Infinity: to the end. */
    private readonly end: number,
  ) {
    super({ highWaterMark: pieceBytes });
  }

  override _read(): void {
    this.#step().catch((error: unknown) => this.destroy(error as Error));
  }

  async #step(): Promise<void> {
    const { file } = this;
    if (this.destroyed) return;
    if (this.position >= this.end) return void this.push(null);
    const available = Math.min(file.visibleBytes, this.end) - this.position;
    if (available > 0) {
      const bytes = await file.readAt(this.position, Math.min(available, pieceBytes));
      if (this.destroyed) return;
      if (bytes.length === 0) throw new Error('the file of the transfer is shorter than what was written to it');
      this.position += bytes.length;
      this.push(bytes);
    } else if (file.failure !== undefined) {
      throw file.failure;
    } else if (file.complete) {
      this.push(null);
    } else {
      file.onChange(() => this._read());
    }
  }
}
