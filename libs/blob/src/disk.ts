import * as fs from 'node:fs/promises';

/** An open file, as far as this room uses it. */
export type DiskFile = Pick<fs.FileHandle, 'read' | 'write' | 'datasync' | 'sync' | 'stat' | 'truncate' | 'close'>;

export interface DiskStat {
  readonly dev: number;
  readonly size: number;
  /** Changes with every write. */
  readonly mtimeMs: number;
  /** Changes with every write and every rename: the age of a leftover. */
  readonly ctimeMs: number;
}

/**
 * The file system calls of this room, in one place, so that tests can let the n-th of them fail as a full or dying disk
 * would. Nothing else of the room touches `node:fs`.
 */
export interface Disk {
  open(path: string, flags: string, mode?: number): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  mkdir(path: string, options: { mode: number }): Promise<unknown>;
  stat(path: string): Promise<DiskStat>;
  statfs(path: string): Promise<{ bsize: number; blocks: number; bavail: number }>;
  readdir(path: string): Promise<string[]>;
}

export const systemDisk: Disk = {
  open: (path, flags, mode) => fs.open(path, flags, mode),
  rename: (from, to) => fs.rename(from, to),
  unlink: path => fs.unlink(path),
  mkdir: (path, options) => fs.mkdir(path, options),
  stat: path => fs.stat(path),
  statfs: path => fs.statfs(path),
  readdir: path => fs.readdir(path),
};
