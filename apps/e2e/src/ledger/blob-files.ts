import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BlobFact } from './catalog.js';

/**
 * Compares the blob files with their rows: every file has the bytes of its name and a row, every row that a file of the catalog needs has its bytes. Gives one sentence for
 * each thing that is wrong.
 */
export async function checkBlobFiles(dataDir: string, rows: readonly BlobFact[]): Promise<string[]> {
  const problems: string[] = [];
  const onDisk = new Map<string, number>();
  for (const path of await blobFiles(dataDir)) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const digest = `sha256:${name}`;
    onDisk.set(digest, (await stat(path)).size);
    const found = await hashFile(path);
    if (found !== name) problems.push(`the file of ${digest} has bytes of sha256 ${found}`);
  }
  const known = new Set(rows.map(row => row.digest));
  for (const digest of onDisk.keys()) if (!known.has(digest)) problems.push(`${digest} has a file and no row`);
  for (const { digest, sizeBytes, needed } of rows) {
    const present = onDisk.get(digest);
    if (needed && present === undefined) problems.push(`${digest} is needed and has no file`);
    else if (present !== undefined && present !== sizeBytes) {
      problems.push(`the file of ${digest} has ${present} bytes instead of ${sizeBytes}`);
    }
  }
  return problems;
}

/** Paths of all files below `blobs/sha256/<2>/<2>/`. */
export async function blobFiles(dataDir: string): Promise<string[]> {
  const root = join(dataDir, 'blobs', 'sha256');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter(entry => entry.isFile() && entry.parentPath !== root)
    .map(entry => join(entry.parentPath, entry.name));
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
