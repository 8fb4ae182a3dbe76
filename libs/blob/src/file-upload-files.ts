import { LRUCache } from 'lru-cache';
import type { Readable } from 'node:stream';
import {
  digestOfHex,
  faultPoint,
  forbidInsideTransaction,
  LarderError,
  systemCode,
  type Checksums,
  type HashAlgorithm,
} from '#kernel';
import { unknownUpload } from './blob-layout.js';
import type { BlobFolder } from './blob-folder.js';
import { abandon, chunksOf, SourceFailure } from './byte-source.js';
import type { StagedBlob, StageOptions, UploadFiles } from './contract.js';
import type { DiskFile } from './disk.js';
import { PieceWriter } from './piece-writer.js';
import { assertExpected, RunningDigests, tooLarge, wantedAlgorithms } from './running-digests.js';
import { StagedFile } from './staged-file.js';
import { writeFailure } from './storage-errors.js';

/**
 * The hash over the first `offset` bytes. Node cannot export a hash's state, so another process reads the file again; when another process has
 * written since, which the time of the last write shows, this hash counts no more.
 */
interface RunningHash {
  readonly offset: number;
  readonly writtenMs: number;
  readonly digests: RunningDigests;
}

const rereadBytes = 512 * 1024;

/** Resumable uploads as files in the staging folder. */
export class FileUploadFiles implements UploadFiles {
  readonly #hashes = new LRUCache<string, RunningHash>({ max: 4096 });
  /** Uploads that a request of this process is writing to. */
  readonly #busy = new Set<string>();

  constructor(private readonly folder: BlobFolder) {}

  async create(uploadId: string): Promise<void> {
    const path = this.folder.layout.upload(uploadId);
    try {
      await this.folder.requireWritable(0);
      const file = await this.folder.disk.open(path, 'wx', 0o600);
      await file.close();
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw writeFailure(error);
      throw new LarderError('conflict', 'An upload with this id exists already. Begin a new one.');
    }
  }

  async append(
    uploadId: string,
    offset: number,
    source: Readable,
    options: { limitBytes: number; signal?: AbortSignal },
  ): Promise<number> {
    forbidInsideTransaction('UploadFiles.append');
    try {
      return await this.#alone(uploadId, async path => {
        await this.folder.requireWritable(0);
        const file = await this.#openPart(path);
        try {
          const hash = offset === 0 ? new RunningDigests(['sha256']) : await this.#takeHash(uploadId, file, offset);
          await this.#cutTo(file, offset);
          const size = await this.#extend(file, path, { offset, source, hash, ...options });
          if (hash) this.#hashes.set(uploadId, { offset: size, writtenMs: (await file.stat()).mtimeMs, digests: hash });
          faultPoint('upload.appended');
          return size;
        } finally {
          await file.close();
        }
      });
    } catch (error) {
      abandon(source);
      throw writeFailure(error);
    }
  }

  async size(uploadId: string): Promise<number> {
    const size = await this.folder.sizeOf(this.folder.layout.upload(uploadId));
    if (size === undefined) throw unknownUpload();
    return size;
  }

  async finish(
    uploadId: string,
    options: { algorithms?: readonly HashAlgorithm[]; expected?: StageOptions['expected'] },
  ): Promise<StagedBlob> {
    forbidInsideTransaction('UploadFiles.finish');
    return this.#alone(uploadId, async part => {
      const path = this.folder.newStagingPath();
      try {
        await this.#rename(part, path);
        return await this.#examine(uploadId, path, options);
      } catch (error) {
        await this.folder.removeStaging(path);
        throw writeFailure(error);
      }
    });
  }

  async cancel(uploadId: string): Promise<void> {
    this.#hashes.delete(uploadId);
    await this.folder.unlink(this.folder.layout.upload(uploadId));
  }

  /** Two requests on one upload would write over each other; the later one is told to ask for the offset again. */
  async #alone<T>(uploadId: string, work: (path: string) => Promise<T>): Promise<T> {
    const path = this.folder.layout.upload(uploadId);
    if (this.#busy.has(uploadId))
      throw otherOffset('Another request is writing to this upload. Ask for its offset and go on from there.');
    this.#busy.add(uploadId);
    try {
      return await work(path);
    } finally {
      this.#busy.delete(uploadId);
    }
  }

  /** The hash over the bytes before the offset, which nobody else uses from now on; undefined when this process has none that is certain. */
  async #takeHash(uploadId: string, file: DiskFile, offset: number): Promise<RunningDigests | undefined> {
    const hash = this.#hashes.get(uploadId);
    this.#hashes.delete(uploadId);
    if (hash?.offset !== offset) return undefined;
    return (await file.stat()).mtimeMs === hash.writtenMs ? hash.digests : undefined;
  }

  async #openPart(path: string): Promise<DiskFile> {
    try {
      return await this.folder.disk.open(path, 'r+');
    } catch (error) {
      throw systemCode(error) === 'ENOENT' ? unknownUpload() : error;
    }
  }

  /** Bytes after the recorded offset are what a killed process wrote without recording it. */
  async #cutTo(file: DiskFile, offset: number): Promise<void> {
    const present = (await file.stat()).size;
    if (present < offset) throw otherOffset(`This upload has ${present} bytes. Go on from there.`, present);
    if (present > offset) await file.truncate(offset);
  }

  /** Writes at the offset, syncs, and resolves with the size of the file. On a failure the file is as before, or gone when a sync failed. */
  async #extend(file: DiskFile, path: string, append: Append): Promise<number> {
    const writer = new PieceWriter(file, this.folder, append.offset);
    try {
      const size = await this.#receive(writer, append);
      await writer.flush();
      await writer.sync();
      // The name of the file becomes durable with its first bytes; an empty upload is not worth a sync.
      if (append.offset === 0) await this.folder.folders.sync(this.folder.layout.uploads);
      return size;
    } catch (error) {
      await writer.release();
      if (writer.syncFailed) await this.folder.unlink(path);
      else await file.truncate(append.offset);
      throw error;
    } finally {
      await writer.release();
    }
  }

  /** A cut source is a normal end: what arrived counts. */
  async #receive(writer: PieceWriter, append: Append): Promise<number> {
    const { source, hash, limitBytes, signal } = append;
    let size = append.offset;
    try {
      for await (const chunk of chunksOf(source, signal)) {
        if (size + chunk.length > limitBytes) throw tooLarge(limitBytes);
        hash?.update(chunk);
        await writer.add(chunk);
        size += chunk.length;
      }
    } catch (error) {
      if (!(error instanceof SourceFailure)) throw error;
      this.folder.logger.debug(
        { err: error.cause, sizeBytes: size },
        'the source of an upload was cut; what arrived is kept',
      );
    }
    return size;
  }

  async #rename(part: string, path: string): Promise<void> {
    try {
      await this.folder.disk.rename(part, path);
    } catch (error) {
      throw systemCode(error) === 'ENOENT' ? unknownUpload() : error;
    }
  }

  async #examine(
    uploadId: string,
    path: string,
    options: { algorithms?: readonly HashAlgorithm[]; expected?: StageOptions['expected'] },
  ): Promise<StagedBlob> {
    const file = await this.folder.disk.open(path, 'r+');
    try {
      const sizeBytes = (await file.stat()).size;
      const known = (await this.#takeHash(uploadId, file, sizeBytes))?.checksums() ?? {};
      const missing = [...wantedAlgorithms(options)].filter(algorithm => !(algorithm in known));
      const checksums = { ...known, ...(await checksumsOf(file, missing)) };
      assertExpected(sizeBytes, checksums, options.expected);
      await this.folder.guard.syncContent(file);
      return new StagedFile(path, { digest: digestOfHex(checksums.sha256!), sizeBytes, checksums }, this.folder.disk);
    } finally {
      await file.close();
    }
  }
}

interface Append {
  readonly offset: number;
  readonly source: Readable;
  readonly hash: RunningDigests | undefined;
  readonly limitBytes: number;
  readonly signal?: AbortSignal;
}

async function checksumsOf(file: DiskFile, algorithms: readonly HashAlgorithm[]): Promise<Checksums> {
  if (algorithms.length === 0) return {};
  const digests = new RunningDigests(algorithms);
  const piece = Buffer.allocUnsafeSlow(rereadBytes);
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(piece, 0, piece.length, position);
    if (bytesRead === 0) return digests.checksums();
    digests.update(piece.subarray(0, bytesRead));
    position += bytesRead;
  }
}

function otherOffset(message: string, offset?: number): LarderError {
  return new LarderError('upload-offset', message, offset === undefined ? {} : { details: { offset } });
}
