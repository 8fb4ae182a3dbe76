import { appendFileSync, fstatSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded into the server with `--import`: keeps a journal of what was made durable, so that a power cut can be simulated after a SIGKILL. `TEST_SYNC_JOURNAL` is the file
 * to which it is appended; `TEST_SYNC_SKIP` names what the server only believes to have synced: `nothing`, `folders` or `everything`.
 */
export type Skipped = 'nothing' | 'folders' | 'everything';

/** One sync that came back. Files are known by inode, because they are synced under one name and then renamed. */
export type SyncRecord =
  | { readonly synced: 'file'; readonly inode: number; readonly sizeBytes: number }
  | { readonly synced: 'folder'; readonly path: string; readonly entries: Readonly<Record<string, number>> };

type Sync = (this: FileHandle) => Promise<void>;

async function install(journal: string, skipped: Skipped): Promise<void> {
  const handle = await open(process.execPath, 'r');
  const prototype = Object.getPrototypeOf(handle) as { sync: Sync; datasync: Sync };
  await handle.close();
  for (const name of ['sync', 'datasync'] as const) {
    const original = prototype[name];
    prototype[name] = async function () {
      const before = recordOf(this.fd);
      if (skipped === 'everything' || (skipped === 'folders' && before.synced === 'folder')) return;
      await original.call(this);
      appendFileSync(journal, `${JSON.stringify(before)}\n`);
    };
  }
}

/** Taken before the sync: what is added while it runs need not be durable. */
function recordOf(fd: number): SyncRecord {
  const stat = fstatSync(fd);
  if (!stat.isDirectory()) return { synced: 'file', inode: stat.ino, sizeBytes: stat.size };
  const path = readlinkSync(`/proc/self/fd/${fd}`);
  const entries: Record<string, number> = {};
  for (const name of readdirSync(path)) {
    const entry = lstatSync(join(path, name), { throwIfNoEntry: false });
    if (entry) entries[name] = entry.ino;
  }
  return { synced: 'folder', path, entries };
}

const journal = process.env['TEST_SYNC_JOURNAL'];
if (isMainThread && journal !== undefined) {
  await install(journal, (process.env['TEST_SYNC_SKIP'] ?? 'nothing') as Skipped);
}
