import type { Tx } from '#database';
import { tagColumns, toTag } from './row-mapping.js';
import type { Id, TagRow } from './rows.js';

export interface TagMover {
  readonly name: string;
  readonly id: string;
  readonly client: string | null;
  readonly requestId: string | null;
}

/** Tags as intervals. The package row is locked by the caller, so two moves of one tag never overlap. */
export class Tags {
  async find(tx: Tx, packageId: Id, name: string): Promise<TagRow | undefined> {
    const rows = await tx.query(
      `select ${tagColumns} from tag t join version v on v.id = t.version_id where t.package_id = $1 and t.name = $2 and t.valid_to is null`,
      [packageId, name],
    );
    return rows[0] && toTag(rows[0]);
  }

  /** Ends the current interval, if there is one, and begins the next at the same instant. */
  async move(tx: Tx, packageId: Id, name: string, target: { versionId: Id; by: TagMover }): Promise<TagRow> {
    // As text: a JavaScript date would cut the microseconds, and the next interval would begin before the last one ended.
    const rows = await tx.query<{ at: string }>(
      `with moment as (select clock_timestamp() as at),
       closed as (update tag set valid_to = moment.at from moment where package_id = $1 and name = $2 and valid_to is null returning tag.id)
       select moment.at::text as at, (select count(*) from closed) as closed from moment`,
      [packageId, name],
    );
    const moment = rows[0]!.at;
    const made = await tx.query(
      `with t as (
         insert into tag (package_id, name, version_id, valid_from, moved_by, mover_id, client, request_id)
         values ($1, $2, $3, $4::timestamptz, $5, $6, $7, $8) returning *
       ) select ${tagColumns} from t join version v on v.id = t.version_id`,
      [packageId, name, target.versionId, moment, target.by.name, target.by.id, target.by.client, target.by.requestId],
    );
    return toTag(made[0]!);
  }

  async end(tx: Tx, ids: readonly Id[]): Promise<void> {
    await tx.query('update tag set valid_to = clock_timestamp() where id = any($1) and valid_to is null', [ids]);
  }

  async pointingAt(tx: Tx, versionIds: readonly Id[]): Promise<TagRow[]> {
    const rows = await tx.query(
      `select ${tagColumns} from tag t join version v on v.id = t.version_id where t.version_id = any($1) and t.valid_to is null order by t.name`,
      [versionIds],
    );
    return rows.map(toTag);
  }
}
