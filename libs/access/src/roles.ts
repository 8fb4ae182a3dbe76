import { LarderError, type Action } from '#kernel';
import { noticeRights } from './access-notices.js';
import { isRowId, orConflict, parseActions } from './checks.js';
import type { Database, Tx } from '#database';
import { keepAnAdministrator } from './last-administrator.js';
import type { Page, RoleRow } from './rows.js';

const columns = 'id::text, name, actions::text[] as actions, built_in as "builtIn", created_at as "createdAt"';
const namePattern = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Named sets of actions. The built-in ones come with the tables and cannot be changed. */
export class Roles {
  constructor(private readonly database: Database) {}

  /** @throws invalid-name, invalid-request, conflict when the name is taken. */
  async create(tx: Tx, role: { readonly name: string; readonly actions: readonly string[] }): Promise<RoleRow> {
    if (!namePattern.test(role.name)) {
      throw new LarderError('invalid-name', 'A role is named with lower-case letters, digits and . _ -, at most 63.');
    }
    const insert = tx.query<RoleRow>(`insert into access_role (name, actions) values ($1, $2) returning ${columns}`, [
      role.name,
      parseActions(role.actions),
    ]);
    return (await orConflict(insert, '23505', `A role "${role.name}" exists already; choose another name.`))[0]!;
  }

  async find(id: string): Promise<RoleRow | undefined> {
    if (!isRowId(id)) return undefined;
    return (await this.database.query<RoleRow>(`select ${columns} from access_role where id = $1`, [id]))[0];
  }

  async findByName(name: string): Promise<RoleRow | undefined> {
    return (
      await this.database.query<RoleRow>(
        `select ${columns} from access_role where lower(name) = lower($1::text collate "C")`,
        [name],
      )
    )[0];
  }

  /** By name; `after` is a name. */
  list(page: Page): Promise<RoleRow[]> {
    return this.database.query<RoleRow>(
      `select ${columns} from access_role where ($1::text is null or lower(name) > lower($1::text collate "C")) order by lower(name) limit $2`,
      [page.after ?? null, page.limit],
    );
  }

  /** Replaces the actions of a role. @throws not-found, conflict for a built-in role and for the last administrator's. */
  async patch(tx: Tx, id: string, patch: { readonly actions: readonly string[] }): Promise<RoleRow> {
    const actions = parseActions(patch.actions);
    await this.lockChangeable(tx, id);
    if (isForUsersOnly(actions)) await refuseCrowd(tx, id);
    const rows = await keepAnAdministrator(tx, () =>
      tx.query<RoleRow>(`update access_role set actions = $2 where id = $1 returning ${columns}`, [id, actions]),
    );
    noticeRights(tx);
    return rows[0]!;
  }

  /** @throws not-found, conflict for a built-in role and while grants use it. */
  async remove(tx: Tx, id: string): Promise<void> {
    await this.lockChangeable(tx, id);
    const removal = tx.query('delete from access_role where id = $1', [id]);
    await orConflict(removal, '23503', 'Grants use this role; remove them first.');
    noticeRights(tx);
  }

  private async lockChangeable(tx: Tx, id: string): Promise<void> {
    const rows = isRowId(id)
      ? await tx.query<RoleRow>(`select ${columns} from access_role where id = $1 for update`, [id])
      : [];
    if (!rows[0]) throw new LarderError('not-found', 'There is no such role.');
    if (rows[0].builtIn)
      throw new LarderError('conflict', `The role "${rows[0].name}" is built in; create one of your own instead.`);
  }
}

/** Rights over the server and `manage` must have a name to them: granted to a crowd they would hand the server to any caller. */
export function isForUsersOnly(actions: readonly Action[]): boolean {
  return actions.some(action => action === 'manage' || action.startsWith('system:'));
}

async function refuseCrowd(tx: Tx, roleId: string): Promise<void> {
  const rows = await tx.query(`select id from access_grant where role_id = $1 and subject_kind <> 'user' limit 1`, [
    roleId,
  ]);
  if (rows.length > 0) {
    throw new LarderError(
      'conflict',
      'The role is granted to everyone or to all who are signed in; such a role cannot manage anything.',
    );
  }
}
