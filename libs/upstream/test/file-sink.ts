import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LarderError } from '#kernel';
import type { TransferSink } from '../src/transfer-contract.js';

/** A growing file in a folder of its own, removed when it is closed. `finish` gives the sha256, and refuses another than the expected one. */
export class FileSink implements TransferSink<string> {
  readonly calls: string[] = [];
  reads = 0;
  readonly #hash = createHash('sha256');
  #size = 0;

  private constructor(
    private readonly folder: string,
    private readonly file: FileHandle,
    private readonly expected: string | undefined,
  ) {}

  static async open(expected?: string): Promise<FileSink> {
    const folder = await mkdtemp(join(tmpdir(), 'larder-sink-'));
    return new FileSink(folder, await open(join(folder, 'file'), 'wx+'), expected);
  }

  async append(chunk: Buffer): Promise<void> {
    this.#hash.update(chunk);
    await this.file.write(chunk, 0, chunk.length, this.#size);
    this.#size += chunk.length;
  }

  async read(position: number, length: number): Promise<Buffer> {
    this.reads++;
    const { buffer, bytesRead } = await this.file.read(Buffer.allocUnsafe(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  }

  async finish(): Promise<string> {
    this.calls.push('finish');
    const digest = this.#hash.digest('hex');
    if (this.expected === undefined || digest === this.expected) return digest;
    throw new LarderError('digest-mismatch', 'The bytes are not the ones that the index names.');
  }

  async abort(): Promise<void> {
    this.calls.push('abort');
  }

  async close(): Promise<void> {
    this.calls.push('close');
    await this.file.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
