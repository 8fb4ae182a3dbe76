import { LarderError, type Action } from '#kernel';
import { noticeRights } from './access-notices.js';
import { isRowId, parsePattern } from './checks.js';
import type { Database, Tx } from '#database';
import { keepAnAdministrator } from './last-administrator.js';
import { isForUsersOnly } from './roles.js';
import type { GrantRow, Page } from './rows.js';

export type GrantSubject =
  { readonly kind: 'user'; readonly userId: string } | { readonly kind: 'everyone' } | { readonly kind: 'signed-in' };

export interface NewGrant {
  readonly subject: GrantSubject;
  /** Name of the role. */
  readonly role: string;
  /** Globs; `*` when absent. */
  readonly repositoryPattern?: string | undefined;
  readonly namePattern?: string | undefined;
  readonly tagPattern?: string | undefined;
  /** Name of who grants. */
  readonly createdBy: string;
}

export interface GrantSelection {
  readonly userId?: string | undefined;
  readonly subjectKind?: GrantRow['subjectKind'] | undefined;
}

const columns = `g.id::text, g.subject_kind as "subjectKind", g.user_id::text as "userId", u.name as "userName", g.role_id::text as "roleId",
  r.name as "roleName", g.repository_pattern as "repositoryPattern", g.name_pattern as "namePattern", g.tag_pattern as "tagPattern",
  g.created_at as "createdAt", g.created_by as "createdBy"`;
const joins = 'join access_role r on r.id = g.role_id left join access_user u on u.id = g.user_id';

/** Who has which role where. A grant is never changed: it is removed and another one given. */
export class Grants {
  constructor(private readonly database: Database) {}

  /**
   * Gives a right; the same grant given again is answered with the one that exists.
   * @throws invalid-request, not-found for an unknown user or role.
   */
  async create(tx: Tx, grant: NewGrant): Promise<GrantRow> {
    const roleId = await this.roleFor(tx, grant);
    const userId = grant.subject.kind === 'user' ? await lockUser(tx, grant.subject.userId) : null;
    const values = [
      grant.subject.kind,
      userId,
      roleId,
      parsePattern(grant.repositoryPattern ?? '*', 'repository pattern'),
      parsePattern(grant.namePattern ?? '*', 'name pattern'),
      parsePattern(grant.tagPattern ?? '*', 'tag pattern'),
    ];
    const existing = await tx.query<GrantRow>(
      `select ${columns} from access_grant g ${joins}
       where g.subject_kind = $1 and g.user_id is not distinct from $2::bigint and g.role_id = $3
         and g.repository_pattern = $4 and g.name_pattern = $5 and g.tag_pattern = $6 limit 1`,
      values,
    );
    if (existing[0]) return existing[0];
    const rows = await tx.query<GrantRow>(
      `with created as (
         insert into access_grant (subject_kind, user_id, role_id, repository_pattern, name_pattern, tag_pattern, created_by)
         values ($1, $2, $3, $4, $5, $6, $7) returning *
       ) select ${columns} from created g ${joins}`,
      [...values, grant.createdBy],
    );
    noticeRights(tx);
    return rows[0]!;
  }

  async find(id: string): Promise<GrantRow | undefined> {
    if (!isRowId(id)) return undefined;
    return (
      await this.database.query<GrantRow>(`select ${columns} from access_grant g ${joins} where g.id = $1`, [id])
    )[0];
  }

  /** In the order they were given; `after` is an id. */
  async list(page: Page, selection: GrantSelection = {}): Promise<GrantRow[]> {
    const ids = [page.after, selection.userId].filter(id => id !== undefined);
    if (!ids.every(isRowId)) throw new LarderError('invalid-request', 'The cursor or the user is not one of ours.');
    return this.database.query<GrantRow>(
      `select ${columns} from access_grant g ${joins}
       where ($1::bigint is null or g.id > $1) and ($2::bigint is null or g.user_id = $2) and ($3::text is null or g.subject_kind = $3)
       order by g.id limit $4`,
      [page.after ?? null, selection.userId ?? null, selection.subjectKind ?? null, page.limit],
    );
  }

  /** @throws not-found, conflict for the last administrator's. */
  async remove(tx: Tx, id: string): Promise<void> {
    await keepAnAdministrator(tx, async () => {
      const rows = isRowId(id) ? await tx.query('delete from access_grant where id = $1 returning id', [id]) : [];
      if (rows.length === 0) throw new LarderError('not-found', 'There is no such grant.');
    });
    noticeRights(tx);
  }

  /** The row stays locked, so that no right is added to the role before the grant is there. */
  private async roleFor(tx: Tx, grant: NewGrant): Promise<string> {
    const sql =
      'select id::text, actions::text[] as actions from access_role where lower(name) = lower($1::text collate "C") for share';
    const role = (await tx.query<{ id: string; actions: Action[] }>(sql, [grant.role]))[0];
    if (!role) throw new LarderError('not-found', `There is no role "${grant.role.slice(0, 80)}".`);
    if (grant.subject.kind !== 'user' && isForUsersOnly(role.actions)) {
      throw new LarderError(
        'invalid-request',
        `The role "${grant.role}" can only be granted to users, not to everyone or all who are signed in.`,
      );
    }
    return role.id;
  }
}

async function lockUser(tx: Tx, userId: string): Promise<string> {
  const rows = isRowId(userId)
    ? await tx.query('select id from access_user where id = $1 and removed_at is null for share', [userId])
    : [];
  if (rows.length === 0) throw new LarderError('not-found', 'There is no such user.');
  return userId;
}
