import { LarderError, type Logger } from '#kernel';
import type { Disk, DiskFile } from './disk.js';
import { isFull, storageFull } from './storage-errors.js';

/** So many failed syncs one after the other mean that the disk is dying: no write is believed until a restart. */
const failuresUntilRefusal = 3;

/**
 * Makes bytes durable and counts what goes wrong. A failed fsync is never repeated: the kernel may have dropped the dirty
 * pages, so that a second call would succeed without the bytes being on disk.
 */
export class SyncGuard {
  #failuresInARow = 0;
  #refusing = false;

  constructor(
    private readonly disk: Disk,
    private readonly logger: Logger,
  ) {}

  /** @throws unavailable after three failures in a row, until the process is restarted. */
  assertWritable(): void {
    if (!this.#refusing) return;
    throw new LarderError(
      'unavailable',
      'The disk of the server failed to save data several times, so it takes no more writes. Its operator must check the disk and restart the server.',
      { retryAfterSeconds: 300 },
    );
  }

  /**
   * Syncs the content and size of a file. fdatasync is enough: it writes everything that is needed to read the bytes back and
   * leaves out only the times. @throws unavailable, storage-full
   */
  async syncContent(file: DiskFile): Promise<void> {
    await this.#counted(() => file.datasync());
  }

  /** Makes the names in a folder durable. @throws unavailable, storage-full */
  async syncFolder(path: string): Promise<void> {
    const folder = await this.disk.open(path, 'r');
    try {
      await this.#counted(() => folder.sync());
    } finally {
      await folder.close();
    }
  }

  async #counted(sync: () => Promise<void>): Promise<void> {
    try {
      await sync();
    } catch (error) {
      if (isFull(error)) throw storageFull(error);
      this.#failuresInARow++;
      if (this.#failuresInARow >= failuresUntilRefusal) this.#refusing = true;
      this.logger.error(
        { err: error, failuresInARow: this.#failuresInARow, refusingWrites: this.#refusing },
        'syncing to disk failed',
      );
      throw new LarderError(
        'unavailable',
        'The disk of the server failed to save the data, so nothing was stored. Try again later.',
        {
          retryAfterSeconds: 30,
          cause: error,
        },
      );
    }
    this.#failuresInARow = 0;
  }
}
