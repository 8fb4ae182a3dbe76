import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import { forbidInsideTransaction, hexOf, LarderError, systemCode, type Digest } from '#kernel';
import type { BlobFolder } from './blob-folder.js';
import type { BlobSource, BlobStream, ByteRange } from './contract.js';
import type { DiskFile } from './disk.js';
import { FileBytes, type FileCheck } from './file-bytes.js';
import { HashThread } from './hash-thread.js';
import { givePiece, pieceBytes, takePiece } from './piece-memory.js';
import { tooLarge } from './running-digests.js';

/** Up to here a blob is verified whole before its first byte is given. */
const verifyFirstBytes = 8 * 1024 * 1024;
/** Up to here a verified blob stays in memory. */
const keepBytes = 256 * 1024;

export interface BlobCacheOptions {
  /** Memory for verified small blobs, in bytes. Default 64 MiB; 0 keeps none. */
  readonly cacheBytes?: number;
}

/** Reads the store and never lets wrong bytes pass as right ones. */
export class FileBlobReader implements BlobSource {
  readonly #kept: LRUCache<Digest, Buffer> | undefined;
  readonly #loading = new Map<Digest, Promise<Buffer>>();
  private readonly hashThread = new HashThread();

  constructor(
    private readonly folder: BlobFolder,
    /** Told of every blob whose file is wrong. */
    private readonly onDamage: (digest: Digest) => void,
    options: BlobCacheOptions = {},
  ) {
    const maxSize = options.cacheBytes ?? 64 * 1024 * 1024;
    if (maxSize > 0) this.#kept = new LRUCache({ maxSize, sizeCalculation: bytes => bytes.length + 256 });
  }

  async open(digest: Digest, sizeBytes: number, range?: ByteRange): Promise<BlobStream> {
    forbidInsideTransaction('BlobSource.open');
    if (range && !(range.start >= 0 && range.start <= range.end && range.end < sizeBytes)) {
      throw new LarderError(
        'range-not-satisfiable',
        `The content has ${sizeBytes} bytes; ask for a range within them.`,
        { details: { sizeBytes } },
      );
    }
    if (sizeBytes <= keepBytes) {
      const bytes = await this.#small(digest, sizeBytes);
      return readableOf(range ? bytes.subarray(range.start, range.end + 1) : bytes);
    }
    const file = await this.#openFile(digest, sizeBytes);
    if (range)
      return new FileBytes(file, { start: range.start, stop: range.end + 1, onShort: () => this.#damage(digest) });
    if (sizeBytes > verifyFirstBytes) return this.#verifiedWhileStreaming(file, digest, sizeBytes);
    try {
      await this.#verify(file, digest, sizeBytes);
    } catch (error) {
      await file.close();
      throw error;
    }
    return new FileBytes(file, { start: 0, stop: sizeBytes, onShort: () => this.#damage(digest) });
  }

  async small(digest: Digest, sizeBytes: number): Promise<Buffer | undefined> {
    forbidInsideTransaction('BlobSource.small');
    return sizeBytes <= keepBytes ? this.#small(digest, sizeBytes) : undefined;
  }

  /** The bytes may be shared with other readers: never change them. */
  async read(digest: Digest, limitBytes: number): Promise<Buffer> {
    forbidInsideTransaction('BlobSource.read');
    const kept = this.#kept?.get(digest);
    const sizeBytes = kept?.length ?? (await this.folder.sizeOf(this.folder.layout.blob(digest)));
    if (sizeBytes === undefined) throw missing();
    if (sizeBytes > limitBytes) throw tooLarge(limitBytes);
    return sizeBytes <= keepBytes ? this.#small(digest, sizeBytes) : this.#load(digest, sizeBytes);
  }

  async has(digest: Digest, sizeBytes: number): Promise<boolean> {
    return (await this.folder.sizeOf(this.folder.layout.blob(digest))) === sizeBytes;
  }

  /** From memory, or read once for all who ask at the same time. */
  async #small(digest: Digest, sizeBytes: number): Promise<Buffer> {
    const kept = this.#kept?.get(digest) ?? (await this.#loading.get(digest));
    if (kept) {
      if (kept.length !== sizeBytes) throw this.#damage(digest);
      return kept;
    }
    const loading = this.#load(digest, sizeBytes);
    this.#loading.set(digest, loading);
    try {
      const bytes = await loading;
      this.#kept?.set(digest, bytes);
      return bytes;
    } finally {
      this.#loading.delete(digest);
    }
  }

  async #load(digest: Digest, sizeBytes: number): Promise<Buffer> {
    const file = await this.#openFile(digest, sizeBytes);
    try {
      const bytes = Buffer.allocUnsafeSlow(sizeBytes);
      await this.#verify(file, digest, sizeBytes, bytes);
      return bytes;
    } finally {
      await file.close();
    }
  }

  /** Reads the whole file, into `target` or piece by piece over the same memory, and compares the digest. */
  async #verify(file: DiskFile, digest: Digest, sizeBytes: number, target?: Buffer): Promise<void> {
    const hash = createHash('sha256');
    const piece = target ?? takePiece();
    for (let position = 0; position < sizeBytes;) {
      const offset = target ? position : 0;
      const length = Math.min(pieceBytes, sizeBytes - position);
      const { bytesRead } = await file.read(piece, offset, length, position);
      if (bytesRead === 0) throw this.#damage(digest);
      hash.update(piece.subarray(offset, offset + bytesRead));
      position += bytesRead;
    }
    if (!target) givePiece(piece);
    if (hash.digest('hex') !== hexOf(digest)) throw this.#damage(digest);
  }

  #verifiedWhileStreaming(file: DiskFile, digest: Digest, sizeBytes: number): BlobStream {
    const hash = this.hashThread.begin();
    const check: FileCheck = {
      update: piece => hash.update(piece),
      finish: async () => {
        if ((await hash.end()) !== hexOf(digest)) throw this.#damage(digest);
      },
      drop: () => void hash.end().catch(() => undefined),
    };
    return new FileBytes(file, { start: 0, stop: sizeBytes, check, onShort: () => this.#damage(digest) });
  }

  async #openFile(digest: Digest, sizeBytes: number): Promise<DiskFile> {
    let file: DiskFile;
    try {
      file = await this.folder.disk.open(this.folder.layout.blob(digest), 'r');
    } catch (error) {
      throw systemCode(error) === 'ENOENT' ? missing() : error;
    }
    try {
      if ((await file.stat()).size !== sizeBytes) throw this.#damage(digest);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  #damage(digest: Digest): LarderError {
    this.folder.logger.error({ digest }, 'the file of a blob does not hold the bytes of its digest');
    this.onDamage(digest);
    return new LarderError(
      'internal',
      `The stored bytes of ${digest} are damaged, so they are not sent. Publish the same bytes again, or let the operator restore them from a backup.`,
      { details: { digest } },
    );
  }
}

function missing(): LarderError {
  return new LarderError(
    'not-found',
    'The bytes of this file are missing from the store. Publish them again, or let the operator restore them from a backup.',
  );
}

function readableOf(bytes: Buffer): Readable {
  return new Readable({
    highWaterMark: keepBytes,
    read() {
      if (bytes.length > 0) this.push(bytes);
      this.push(null);
    },
  });
}
