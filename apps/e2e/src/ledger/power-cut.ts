import { lstat, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf, type SyncRecord } from './preload/sync-journal.js';

/** What a disk still has when the power comes back. */
class Durable {
  private readonly sizes = new Map<string, number>();
  private readonly entries = new Map<string, Readonly<Record<string, string>>>();

  constructor(records: readonly SyncRecord[]) {
    for (const record of records) {
      if (record.synced === 'file') this.sizes.set(record.identity, record.sizeBytes);
      else this.entries.set(record.path, record.entries);
    }
  }

  has(folder: string, name: string, identity: string): boolean {
    return this.entries.get(folder)?.[name] === identity;
  }

  sizeOf(identity: string): number {
    return this.sizes.get(identity) ?? 0;
  }
}

/**
 * The worst that a power cut can do to the blob store of a server that was just killed: names that were not in their folder when it was last synced are gone, and of files only
 * what was there at their last sync is left. PostgreSQL looks after its own files. Gives the number of names and tails that were lost.
 */
export async function cutPower(dataDir: string, journal: string): Promise<number> {
  const text = await readFile(journal, 'utf8').catch(() => '');
  const records = text.split('\n').filter(line => line !== '');
  const durable = new Durable(records.map(line => JSON.parse(line) as SyncRecord));
  let lost = 0;
  for (const name of ['blobs', 'uploads']) lost += await cut(dataDir, name, durable);
  return lost;
}

async function cut(folder: string, name: string, durable: Durable): Promise<number> {
  const path = join(folder, name);
  const stat = await lstat(path, { bigint: true });
  const identity = identityOf(stat);
  if (!durable.has(folder, name, identity)) {
    await rm(path, { recursive: true });
    return 1;
  }
  if (stat.isDirectory()) {
    let lost = 0;
    for (const child of await readdir(path)) lost += await cut(path, child, durable);
    return lost;
  }
  const sizeBytes = durable.sizeOf(identity);
  if (sizeBytes >= Number(stat.size)) return 0;
  await truncate(path, sizeBytes);
  return 1;
}
