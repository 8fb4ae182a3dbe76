import { Injectable } from '@nestjs/common';
// A value import: Nest reads the constructor's parameter types.
import { Database } from '#database';
import { decodeCursor, pageFrom, type Page } from '../http/paging.js';
import { iso, Parameters } from './sql.js';

interface TagRecord {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly version_id: string;
  readonly valid_from: Date;
  readonly moved_by: string;
  readonly client: string | null;
}

/** One interval of a tag, or the end of one that no other followed. */
interface MoveRecord {
  readonly id: string;
  readonly kind: 'set' | 'removed';
  readonly from: string | null;
  readonly to: string | null;
  readonly at: Date;
  readonly by: string | null;
  readonly by_id: string | null;
  readonly client: string | null;
  readonly request_id: string | null;
}

export interface EarlierTarget {
  readonly version: string;
  readonly removed: boolean;
}

const tagColumns = 't.id, t.name, v.text as version, v.id as version_id, t.valid_from, t.moved_by, t.client';

/** Tags and their history. The caller has made sure that the package may be read. */
@Injectable()
export class TagViews {
  constructor(private readonly database: Database) {}

  /** Current tags, by name. */
  async list(packageId: string, page: { limit: number; cursor?: string | undefined }) {
    const parameters = new Parameters();
    const after = decodeCursor(page.cursor, 1);
    const rows = await this.database.query<TagRecord>(
      `select ${tagColumns} from tag t join version v on v.id = t.version_id
       where t.package_id = ${parameters.add(packageId)} and t.valid_to is null ${after ? `and t.name > ${parameters.add(after[0])}` : ''}
       order by t.name limit ${parameters.add(page.limit + 1)}`,
      parameters.values,
    );
    return pageFrom(rows, page.limit, { item: shapeTag, key: row => [row.name] });
  }

  async find(packageId: string, name: string) {
    const [row] = await this.database.query<TagRecord>(
      `select ${tagColumns} from tag t join version v on v.id = t.version_id where t.package_id = $1 and t.name = $2 and t.valid_to is null`,
      [packageId, name],
    );
    return row && shapeTag(row);
  }

  /**
   * The moves of a tag, the newest first. An interval that begins where the one before ends is a move from there; one that begins later follows
   * a removal. Who removed a tag stands in the event of the removal only.
   */
  async history(
    packageId: string,
    name: string,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<Page<ReturnType<typeof shapeMove>>> {
    const parameters = new Parameters();
    const before = decodeCursor(page.cursor, 2);
    const tag = { package: parameters.add(packageId), name: parameters.add(name) };
    const rows = await this.database.query<MoveRecord>(
      `${movesOf(tag)}
       select * from moves ${before ? `where (id, rank) < (${parameters.add(before[0])}::bigint, ${parameters.add(before[1])}::int)` : ''}
       order by id desc, rank desc limit ${parameters.add(page.limit + 1)}`,
      parameters.values,
    );
    return pageFrom(rows, page.limit, { item: shapeMove, key: row => [row.id, row.kind === 'removed' ? '1' : '0'] });
  }

  /** Where the tag pointed before its last move; for a removed tag, where it pointed last. */
  async earlierTarget(packageId: string, name: string): Promise<EarlierTarget | undefined> {
    const [row] = await this.database.query<EarlierTarget>(
      `select v.text as version, v.removed_at is not null as removed from tag t join version v on v.id = t.version_id
       where t.package_id = $1 and t.name = $2 and t.valid_to is not null order by t.id desc limit 1`,
      [packageId, name],
    );
    return row;
  }
}

/** Each interval gives the move that began it and, when nothing took its place at once, the removal that ended it. */
function movesOf(tag: { package: string; name: string }): string {
  return `with intervals as (
      select t.id, v.text as version, t.valid_from, t.valid_to, t.moved_by, t.mover_id, t.client, t.request_id,
             lag(v.text) over w as earlier, lag(t.valid_to) over w as earlier_end, lead(t.valid_from) over w as later_start
      from tag t join version v on v.id = t.version_id where t.package_id = ${tag.package} and t.name = ${tag.name}
      window w as (order by t.id)),
    moves as (
      select id, 0 as rank, 'set' as kind, case when valid_from <= earlier_end then earlier end as "from", version as "to", valid_from as at,
             moved_by as by, mover_id as by_id, client, request_id
      from intervals
      union all
      select i.id, 1, 'removed', i.version, null, i.valid_to, e.principal_name, e.principal_id, e.client, e.request_id
      from intervals i left join lateral (
        select e.principal_name, e.principal_id, e.client, e.request_id
        from event e join package p on p.id = ${tag.package}
        where e.repository_id = p.repository_id and e.package = p.name and e.tag = ${tag.name} and e.action = 'tag.remove'
          and e.at between i.valid_to - interval '30 seconds' and i.valid_to + interval '30 seconds'
        order by abs(extract(epoch from e.at - i.valid_to)) limit 1) e on true
      where i.valid_to is not null and (i.later_start is null or i.later_start > i.valid_to))`;
}

function shapeTag(row: TagRecord) {
  return {
    name: row.name,
    version: row.version,
    versionId: row.version_id,
    movedAt: iso(row.valid_from),
    movedBy: row.moved_by,
    client: row.client,
  };
}

function shapeMove(row: MoveRecord) {
  const { from, to, at, by, by_id: byId, client, request_id: requestId } = row;
  return { from, to, at: iso(at), by, byId, client, requestId };
}
