import type { Disk } from './disk.js';
import { storageFull } from './storage-errors.js';

export interface FreeSpaceOptions {
  /** Bytes to keep free. Default 1 GiB. The smaller of both limits counts, so that a small disk can be used at all. */
  reserveBytes?: number;
  /** Share of the disk to keep free, 0 to 1. Default 0.02. */
  reserveShare?: number;
  /** How long an answer of the file system is believed, in milliseconds. Default 3,000. */
  cacheMs?: number;
}

/** Refuses writes before the disk is so full that the database beside the blobs can no longer commit. */
export class FreeSpace {
  private readonly reserveBytes: number;
  private readonly reserveShare: number;
  private readonly cacheMs: number;
  #asked: Promise<number> | undefined;
  #askedAt = 0;

  constructor(
    private readonly disk: Disk,
    private readonly folder: string,
    options: FreeSpaceOptions = {},
  ) {
    this.reserveBytes = options.reserveBytes ?? 1024 ** 3;
    this.reserveShare = options.reserveShare ?? 0.02;
    this.cacheMs = options.cacheMs ?? 3000;
  }

  /** @throws storage-full when fewer than `sizeBytes` would fit above the reserve. */
  async require(sizeBytes: number): Promise<void> {
    const now = performance.now();
    if (this.#asked === undefined || now - this.#askedAt >= this.cacheMs) {
      this.#askedAt = now;
      this.#asked = this.#ask();
    }
    if ((await this.#asked) < sizeBytes) throw storageFull();
  }

  /** Bytes above the reserve; negative below it. */
  async #ask(): Promise<number> {
    const { bsize, blocks, bavail } = await this.disk.statfs(this.folder);
    return bavail * bsize - Math.min(this.reserveBytes, blocks * bsize * this.reserveShare);
  }
}
