import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { forbidInsideTransaction, LarderError, type Checksums, type Digest } from '#kernel';
import type { ByteRange, StagedBlob } from './contract.js';
import type { Disk } from './disk.js';

const readLimitBytes = 16 * 1024 * 1024;

/** A synced file in the staging folder with what was learnt while it was written. */
export class StagedFile implements StagedBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly checksums: Checksums;

  constructor(
    readonly path: string,
    facts: { digest: Digest; sizeBytes: number; checksums: Checksums },
    private readonly disk: Disk,
  ) {
    this.digest = facts.digest;
    this.sizeBytes = facts.sizeBytes;
    this.checksums = facts.checksums;
  }

  open(range?: ByteRange): Readable {
    forbidInsideTransaction('StagedBlob.open');
    return createReadStream(this.path, {
      start: range?.start ?? 0,
      end: range?.end ?? Infinity,
      highWaterMark: 256 * 1024,
    });
  }

  async read(range: ByteRange): Promise<Buffer> {
    forbidInsideTransaction('StagedBlob.read');
    const length = Math.max(0, Math.min(range.end + 1, this.sizeBytes) - range.start);
    if (length > readLimitBytes)
      throw new LarderError('too-large', `At most ${readLimitBytes} bytes can be read into memory at once.`);
    const buffer = Buffer.alloc(length);
    const file = await this.disk.open(this.path, 'r');
    try {
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file.read(buffer, done, length - done, range.start + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    } finally {
      await file.close();
    }
  }
}
