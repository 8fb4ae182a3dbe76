import { digestOfHex, faultPoint, forbidInsideTransaction, systemCode, type Digest } from '#kernel';
import type { BlobFolder } from './blob-folder.js';
import { abandon, chunksOf, SourceFailure, type ByteSource } from './byte-source.js';
import type {
  BlobLedger,
  BlobSink,
  BlobSource,
  BlobStream,
  ByteRange,
  StagedBlob,
  StageOptions,
  StoredBlob,
} from './contract.js';
import type { DiskFile } from './disk.js';
import { FileBlobReader, type BlobCacheOptions } from './file-blob-reader.js';
import { PieceWriter } from './piece-writer.js';
import { assertExpected, RunningDigests, sizeMismatch, tooLarge, wantedAlgorithms } from './running-digests.js';
import { StagedFile } from './staged-file.js';
import { writeFailure } from './storage-errors.js';

/**
 * The content-addressed store over a folder. Bytes are synced in the staging folder, then pinned, then renamed to their digest: whatever the process was
 * doing when it died, a file under a digest is whole.
 */
export class FileBlobStore implements BlobSink, BlobSource {
  private readonly reader: FileBlobReader;
  /** Seen to be wrong by a reader: the next storing of the same bytes replaces the file. */
  readonly #damaged = new Set<Digest>();

  constructor(
    private readonly folder: BlobFolder,
    private readonly ledger: BlobLedger,
    options: BlobCacheOptions = {},
  ) {
    this.reader = new FileBlobReader(folder, digest => this.#damaged.add(digest), options);
  }

  async stage(source: ByteSource, options: StageOptions): Promise<StagedBlob> {
    forbidInsideTransaction('BlobSink.stage');
    let path: string | undefined;
    try {
      const announcedBytes = options.expected?.sizeBytes ?? 0;
      if (announcedBytes > options.limitBytes) throw tooLarge(options.limitBytes);
      await this.folder.requireWritable(announcedBytes);
      const staging = await this.folder.createStaging();
      path = staging.path;
      return await this.#fill(path, staging.file, source, options);
    } catch (error) {
      abandon(source);
      if (path !== undefined) await this.folder.removeStaging(path);
      throw error instanceof SourceFailure ? error.cause : writeFailure(error);
    }
  }

  async store(staged: StagedBlob): Promise<StoredBlob> {
    forbidInsideTransaction('BlobSink.store');
    const file = this.#own(staged);
    try {
      this.folder.guard.assertWritable();
      const stored = await this.ledger.pin({
        digest: file.digest,
        sizeBytes: file.sizeBytes,
        checksums: file.checksums,
      });
      faultPoint('blob.pinned');
      await this.#place(file);
      faultPoint('blob.stored');
      return stored;
    } catch (error) {
      throw writeFailure(error);
    } finally {
      await this.folder.removeStaging(file.path);
    }
  }

  async discard(staged: StagedBlob): Promise<void> {
    await this.folder.removeStaging(this.#own(staged).path);
  }

  open(digest: Digest, sizeBytes: number, range?: ByteRange): Promise<BlobStream> {
    return this.reader.open(digest, sizeBytes, range);
  }

  small(digest: Digest, sizeBytes: number): Promise<Buffer | undefined> {
    return this.reader.small(digest, sizeBytes);
  }

  read(digest: Digest, limitBytes: number): Promise<Buffer> {
    return this.reader.read(digest, limitBytes);
  }

  has(digest: Digest, sizeBytes: number): Promise<boolean> {
    return this.reader.has(digest, sizeBytes);
  }

  async #fill(path: string, file: DiskFile, source: ByteSource, options: StageOptions): Promise<StagedBlob> {
    const digests = new RunningDigests(wantedAlgorithms(options));
    const writer = new PieceWriter(file, this.folder);
    try {
      faultPoint('blob.staging-created');
      const sizeBytes = await this.#receive(source, options, chunk => {
        digests.update(chunk);
        return writer.add(chunk);
      });
      await writer.flush();
      faultPoint('blob.staging-written');
      const checksums = digests.checksums();
      assertExpected(sizeBytes, checksums, options.expected);
      await writer.sync();
      faultPoint('blob.staging-synced');
      return new StagedFile(path, { digest: digestOfHex(checksums.sha256!), sizeBytes, checksums }, this.folder.disk);
    } finally {
      await writer.release();
      await file.close();
    }
  }

  /** Hands on every chunk within the limits and resolves with their size. */
  async #receive(source: ByteSource, options: StageOptions, take: (chunk: Buffer) => Promise<void>): Promise<number> {
    const announcedBytes = options.expected?.sizeBytes ?? Infinity;
    let sizeBytes = 0;
    for await (const chunk of chunksOf(source, options.signal)) {
      sizeBytes += chunk.length;
      if (sizeBytes > options.limitBytes) throw tooLarge(options.limitBytes);
      if (sizeBytes > announcedBytes) throw sizeMismatch(announcedBytes, sizeBytes);
      await take(chunk);
    }
    return sizeBytes;
  }

  async #place(staged: StagedFile): Promise<void> {
    const folders = this.folder.layout.foldersOf(staged.digest);
    try {
      await this.#placeInto(folders, staged);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      // Somebody removed the folders that this process has made.
      this.folder.folders.forget(folders);
      await this.#placeInto(folders, staged);
    }
  }

  /** Renames the staged file to its digest unless the right file is there, and makes the name durable in either case. */
  async #placeInto([outer, inner]: readonly [string, string], staged: StagedFile): Promise<void> {
    const { layout, folders } = this.folder;
    await folders.ensure(outer);
    await folders.ensure(inner);
    if (folders.isDoubtful(inner) || !(await this.#isPresent(staged))) {
      await this.folder.disk.rename(staged.path, layout.blob(staged.digest));
      this.folder.stagingMoved(staged.path);
      this.#damaged.delete(staged.digest);
      faultPoint('blob.linked');
    }
    // Also when the file was there: whoever put it there may not have got this far yet.
    await folders.sync(inner);
  }

  async #isPresent(staged: StagedFile): Promise<boolean> {
    if (this.#damaged.has(staged.digest)) return false;
    const presentBytes = await this.folder.sizeOf(this.folder.layout.blob(staged.digest));
    if (presentBytes === undefined || presentBytes === staged.sizeBytes) return presentBytes !== undefined;
    this.folder.logger.error(
      { digest: staged.digest, presentBytes, sizeBytes: staged.sizeBytes },
      'a blob of the wrong size is replaced by good bytes',
    );
    return false;
  }

  #own(staged: StagedBlob): StagedFile {
    if (staged instanceof StagedFile) return staged;
    throw new TypeError('this staged blob was not made by this store');
  }
}
