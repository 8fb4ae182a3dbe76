import { join } from 'node:path';
import { LarderError, systemCode, type Logger } from '#kernel';
import { BlobLayout } from './blob-layout.js';
import { systemDisk, type Disk, type DiskFile } from './disk.js';
import { DurableFolders } from './durable-folders.js';
import { FreeSpace, type FreeSpaceOptions } from './free-space.js';
import { SyncGuard } from './sync-guard.js';

export interface BlobFolderOptions {
  /** Absolute path. Created when missing. */
  readonly dataDir: string;
  readonly logger: Logger;
  readonly freeSpace?: FreeSpaceOptions;
  /** The system's file calls; tests put failing ones here. */
  readonly disk?: Disk;
}

/** The folder on disk that the store and the resumable uploads share: its layout, its checks at start, its staging files. */
export class BlobFolder {
  readonly layout: BlobLayout;
  readonly disk: Disk;
  readonly guard: SyncGuard;
  readonly folders: DurableFolders;
  readonly logger: Logger;
  private readonly freeSpace: FreeSpace;
  /** Staging files of this process that somebody still holds: never swept, however old. */
  readonly #live = new Set<string>();

  private constructor(options: BlobFolderOptions) {
    this.layout = new BlobLayout(options.dataDir);
    this.logger = options.logger;
    this.disk = options.disk ?? systemDisk;
    this.guard = new SyncGuard(this.disk, options.logger);
    this.folders = new DurableFolders(this.disk, this.guard);
    this.freeSpace = new FreeSpace(this.disk, this.layout.uploads, options.freeSpace);
  }

  /**
   * Creates the folders (0700) and checks that they can be written and lie on one device, because bytes come into the store by renaming.
   * @throws unavailable with a sentence for the operator
   */
  static async open(options: BlobFolderOptions): Promise<BlobFolder> {
    const folder = new BlobFolder(options);
    const { dataDir, blobs, sha256, uploads } = folder.layout;
    try {
      for (const path of [dataDir, blobs, sha256, uploads]) await folder.folders.ensure(path);
      await folder.#probe();
    } catch (error) {
      throw startFailure(dataDir, error);
    }
    return folder;
  }

  /** @throws unavailable when the disk is failing, storage-full when `sizeBytes` more would leave too little free space. */
  async requireWritable(sizeBytes: number): Promise<void> {
    this.guard.assertWritable();
    await this.freeSpace.require(sizeBytes);
  }

  /** A new, empty staging file (0600). It counts as live until `removeStaging` or `stagingMoved`. */
  async createStaging(): Promise<{ path: string; file: DiskFile }> {
    const path = this.newStagingPath();
    try {
      return { path, file: await this.disk.open(path, 'wx+', 0o600) };
    } catch (error) {
      this.#live.delete(path);
      throw error;
    }
  }

  /** A live staging name for a file that is about to be renamed to it. */
  newStagingPath(): string {
    const path = this.layout.newStaging();
    this.#live.add(path);
    return path;
  }

  /** Removes a staging file. Idempotent, never throws: what cannot be removed is the sweep's. */
  async removeStaging(path: string): Promise<void> {
    if (!this.#live.has(path)) return;
    await this.unlink(path);
    this.#live.delete(path);
  }

  /** A staging file has got another name: there is nothing left to remove. */
  stagingMoved(path: string): void {
    this.#live.delete(path);
  }

  async unlink(path: string): Promise<void> {
    try {
      await this.disk.unlink(path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT')
        this.logger.warn({ err: error }, 'a file that is no longer needed could not be removed');
    }
  }

  /** Size in bytes, undefined when there is no such file. */
  async sizeOf(path: string): Promise<number | undefined> {
    try {
      return (await this.disk.stat(path)).size;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /**
   * Removes staging files that nothing in this process holds and that nobody has touched for `olderThanMs`: leftovers of a killed process. Choose an age
   * above the longest pause of a running one when several processes share the folder. Resumable uploads are never touched.
   * @returns how many were removed
   */
  async sweepStaging(options: { olderThanMs: number }): Promise<number> {
    const now = Date.now();
    let removed = 0;
    for (const folder of [this.layout.uploads, this.layout.sha256]) {
      for (const name of await this.disk.readdir(folder)) {
        const path = join(folder, name);
        if (!this.layout.isStagingName(name) || this.#live.has(path)) continue;
        const age = await this.#ageOf(path, now);
        if (age === undefined || age < options.olderThanMs) continue;
        await this.unlink(path);
        removed++;
      }
    }
    return removed;
  }

  async #ageOf(path: string, now: number): Promise<number | undefined> {
    try {
      return now - (await this.disk.stat(path)).ctimeMs;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Writes and renames for real: equal device numbers alone do not prove that a rename works (bind mounts). */
  async #probe(): Promise<void> {
    const { uploads, sha256 } = this.layout;
    const [from, to] = [await this.disk.stat(uploads), await this.disk.stat(sha256)];
    if (from.dev !== to.dev) throw otherDevice(uploads, sha256);
    const { path, file } = await this.createStaging();
    const target = join(sha256, path.slice(uploads.length + 1));
    try {
      await file.close();
      await this.disk.rename(path, target);
    } catch (error) {
      throw systemCode(error) === 'EXDEV' ? otherDevice(uploads, sha256) : error;
    } finally {
      await this.unlink(target);
      await this.removeStaging(path);
    }
  }
}

function otherDevice(uploads: string, sha256: string): LarderError {
  return new LarderError(
    'unavailable',
    `${uploads} and ${sha256} lie on different devices; put both on the same one, because files move between them.`,
  );
}

function startFailure(dataDir: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined || error instanceof LarderError) return error;
  const hint =
    code === 'ENOENT' ? 'create the folder above it first' : 'give the server a data folder that it may write to';
  return new LarderError('unavailable', `The data folder ${dataDir} cannot be used (${code}); ${hint}.`, {
    cause: error,
  });
}
