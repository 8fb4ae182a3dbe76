import { appendFileSync, fstatSync, lstatSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { onOrder } from './orders.js';

/**
 * Loaded into the server with `--import`: keeps a journal of what was made durable, so that a power cut can be simulated after a SIGKILL. `TEST_SYNC_JOURNAL` is the file
 * to which it is appended. After the order `skip-syncs` the server only believes that it syncs: `folders` or `everything`.
 */
export type Skipped = 'nothing' | 'folders' | 'everything';

/** One sync that came back. Files are known by `identityOf`, because they are synced under one name and then renamed. */
export type SyncRecord =
  | { readonly synced: 'file'; readonly identity: string; readonly sizeBytes: number }
  | { readonly synced: 'folder'; readonly path: string; readonly entries: Readonly<Record<string, string>> };

type Sync = (this: FileHandle) => Promise<void>;

let skipped: Skipped = 'nothing';

/** Inode numbers are used again; together with the time of birth they are not. */
export function identityOf(stat: BigIntStats): string {
  return `${stat.ino} ${stat.birthtimeNs}`;
}

async function install(journal: string): Promise<void> {
  const handle = await open(process.execPath, 'r');
  const prototype = Object.getPrototypeOf(handle) as { sync: Sync; datasync: Sync };
  await handle.close();
  for (const name of ['sync', 'datasync'] as const) {
    const original = prototype[name];
    prototype[name] = async function () {
      const record = recordOf(this.fd);
      if (skipped === 'everything' || (skipped === 'folders' && record.synced === 'folder')) return;
      await original.call(this);
      appendFileSync(journal, `${JSON.stringify(record)}\n`);
    };
  }
}

/** Taken before the sync: what is added while it runs need not be durable. */
function recordOf(fd: number): SyncRecord {
  const stat = fstatSync(fd, { bigint: true });
  if (!stat.isDirectory()) return { synced: 'file', identity: identityOf(stat), sizeBytes: Number(stat.size) };
  const path = readlinkSync(`/proc/self/fd/${fd}`);
  const entries: Record<string, string> = {};
  for (const name of readdirSync(path)) {
    const entry = lstatSync(join(path, name), { bigint: true, throwIfNoEntry: false });
    if (entry) entries[name] = identityOf(entry);
  }
  return { synced: 'folder', path, entries };
}

const journal = process.env['TEST_SYNC_JOURNAL'];
if (isMainThread && journal !== undefined) await install(journal);

onOrder('skip-syncs', ({ what }) => {
  skipped = what as Skipped;
});
