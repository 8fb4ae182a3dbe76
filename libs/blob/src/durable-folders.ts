import { dirname } from 'node:path';
import { systemCode } from '#kernel';
import type { Disk } from './disk.js';
import type { SyncGuard } from './sync-guard.js';

/** Folders whose own names are on disk, so that a file synced into them is found again after a power cut. */
export class DurableFolders {
  /** At most 65,792: the two levels of the layout and the few above. */
  readonly #known = new Set<string>();
  readonly #doubtful = new Set<string>();

  constructor(
    private readonly disk: Disk,
    private readonly guard: SyncGuard,
  ) {}

  /**
   * Creates the folder if it is missing and makes its name durable in its parent. The parent is synced also when the folder was
   * there already: another process may have made it a moment ago and not have synced yet. Once per folder and process.
   */
  async ensure(path: string): Promise<void> {
    if (this.#known.has(path)) return;
    try {
      await this.disk.mkdir(path, { mode: 0o700 });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    await this.guard.syncFolder(dirname(path));
    this.#known.add(path);
  }

  /** For folders that turned out to have been removed from outside. */
  forget(paths: readonly string[]): void {
    for (const path of paths) this.#known.delete(path);
  }

  /** Makes the names in the folder durable. */
  async sync(path: string): Promise<void> {
    try {
      await this.guard.syncFolder(path);
      this.#doubtful.delete(path);
    } catch (error) {
      this.#doubtful.add(path);
      throw error;
    }
  }

  /**
   * True after a failed sync: what the folder shows may exist in memory only, and a later sync would not report it again. Files must be put into it
   * anew before they count.
   */
  isDoubtful(path: string): boolean {
    return this.#doubtful.has(path);
  }
}
