import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '#database';

export interface SweeperOptions {
  readonly database: Database;
  readonly dataDir: string;
}

interface Candidate {
  readonly id: string;
  readonly digest: string;
}

const unreferenced = 'not exists (select from reference r where r.blob_id = b.id)';
const unpinned = '(b.pinned_until is null or b.pinned_until < now())';

/**
 * A collector as storage design asks for: what nothing refers to and nobody has pinned, one blob per transaction, looked at again under the lock of its row. Gives how many
 * blobs it removed.
 */
export async function sweepWithPins({ database, dataDir }: SweeperOptions): Promise<number> {
  const candidates = await database.query<Candidate>(
    `select id, digest from blob b where ${unreferenced} and ${unpinned}`,
  );
  let removed = 0;
  for (const { id } of candidates) {
    await database.transaction(async tx => {
      const [still] = await tx.query<Candidate>(
        `select id, digest from blob b where id = $1 and ${unpinned} for update`,
        [id],
      );
      if (!still || (await tx.query(`select from reference where blob_id = $1`, [id])).length > 0) return;
      await rm(pathOf(dataDir, still.digest), { force: true });
      await tx.query('delete from blob where id = $1', [id]);
      removed++;
    });
  }
  return removed;
}

/** A negative control: removes the bytes of whatever nothing refers to at this moment, as collectors do that only mark and sweep. */
export async function sweepWithoutPins({ database, dataDir }: SweeperOptions): Promise<number> {
  const candidates = await database.query<Candidate>(`select id, digest from blob b where ${unreferenced}`);
  for (const { digest } of candidates) await rm(pathOf(dataDir, digest), { force: true });
  return candidates.length;
}

function pathOf(dataDir: string, digest: string): string {
  const hex = digest.slice('sha256:'.length);
  return join(dataDir, 'blobs', 'sha256', hex.slice(0, 2), hex.slice(2, 4), hex);
}
