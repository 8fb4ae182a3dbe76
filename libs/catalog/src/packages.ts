import type { Tx } from '#database';
import { packageColumns, toPackage } from './row-mapping.js';
import type { Id, PackageRow } from './rows.js';
import { toJsonb } from './storable.js';

export const packageTopic = 'package';

/** What happened below a package, for its counters and its validator. */
export interface PackageChange {
  readonly files: number;
  readonly versions: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Package rows. Every change below a package locks its row first, so that changes of one package happen one after the other. */
export class Packages {
  /** The row, locked until the end of the transaction; made when it is missing. */
  async lockOrCreate(tx: Tx, repositoryId: Id, name: string, displayName: string): Promise<PackageRow> {
    const present = await this.lock(tx, repositoryId, name);
    if (present) return present;
    const made = await tx.query(
      `insert into package as p (repository_id, name, display_name) values ($1, $2, $3)
       on conflict (repository_id, name) do nothing returning ${packageColumns}`,
      [repositoryId, name, displayName],
    );
    // Nobody else sees a new row before the commit, so it needs no lock; without one somebody was faster.
    if (made[0]) return toPackage(made[0]);
    const other = await this.lock(tx, repositoryId, name);
    return other!;
  }

  async lock(tx: Tx, repositoryId: Id, name: string): Promise<PackageRow | undefined> {
    const rows = await tx.query(
      `select ${packageColumns} from package p where p.repository_id = $1 and p.name = $2 for update`,
      [repositoryId, name],
    );
    return rows[0] && toPackage(rows[0]);
  }

  /** Bumps the revision and tells every process. Call it last, once for all changes of the transaction. */
  async changed(tx: Tx, row: PackageRow, change: PackageChange): Promise<PackageRow> {
    const rows = await tx.query(
      `update package as p set
         revision = revision + 1,
         updated_at = now(),
         living_files = living_files + $2,
         living_versions = living_versions + $3,
         metadata = case when $4::jsonb is null then metadata else metadata || $4::jsonb end
       where id = $1 returning ${packageColumns}`,
      [row.id, change.files, change.versions, change.metadata ? toJsonb(change.metadata) : null],
    );
    tx.notify(packageTopic, `${row.repositoryId}:${row.name}`);
    return toPackage(rows[0]!);
  }
}
