import { LarderError } from '#kernel';
import { noticeCredentials, noticeRights } from './access-notices.js';
import { isRowId, orConflict, parseLabel } from './checks.js';
import type { Database, Tx } from '#database';
import { keepAnAdministrator } from './last-administrator.js';
import type { PasswordHash } from './passwords.js';
import type { Page, UserRow } from './rows.js';
import { isUserName, parseUserName } from './user-name.js';

export interface NewUser {
  readonly name: string;
  readonly displayName?: string | undefined;
  readonly email?: string | null | undefined;
  /** From `Passwords.hash`, made before the transaction. Without one the user can only use access tokens. */
  readonly passwordHash?: PasswordHash | undefined;
}

export interface UserPatch {
  readonly displayName?: string | undefined;
  readonly email?: string | null | undefined;
  readonly disabled?: boolean | undefined;
}

const columns = `id::text, name, display_name as "displayName", email, disabled_at as "disabledAt", removed_at as "removedAt",
  created_at as "createdAt", password_hash is not null as "hasPassword"`;

/** Users. A name stays taken after its user is removed: events and versions go on naming the same person. */
export class Users {
  constructor(private readonly database: Database) {}

  /** @throws invalid-name, invalid-request, conflict when the name is taken (without regard to case). */
  async create(tx: Tx, user: NewUser): Promise<UserRow> {
    const name = parseUserName(user.name);
    const insert = tx.query<UserRow>(
      `insert into access_user (name, display_name, email, password_hash) values ($1, $2, $3, $4) returning ${columns}`,
      [
        name,
        parseLabel(user.displayName ?? '', 'display name'),
        parseEmail(user.email ?? null),
        user.passwordHash ?? null,
      ],
    );
    const rows = await orConflict(insert, '23505', `A user "${name}" exists already or did; choose another name.`);
    noticeRights(tx);
    return rows[0]!;
  }

  /** A living user. */
  async find(id: string): Promise<UserRow | undefined> {
    if (!isRowId(id)) return undefined;
    return (
      await this.database.query<UserRow>(`select ${columns} from access_user where id = $1 and removed_at is null`, [
        id,
      ])
    )[0];
  }

  async findByName(name: string): Promise<UserRow | undefined> {
    if (!isUserName(name)) return undefined;
    const sql = `select ${columns} from access_user where lower(name) = lower($1::text collate "C") and removed_at is null`;
    return (await this.database.query<UserRow>(sql, [name]))[0];
  }

  /** Living users by name; `after` is a name. */
  list(page: Page): Promise<UserRow[]> {
    return this.database.query<UserRow>(
      `select ${columns} from access_user
       where removed_at is null and ($1::text is null or lower(name) > lower($1::text collate "C"))
       order by lower(name) limit $2`,
      [page.after ?? null, page.limit],
    );
  }

  /** Disabling ends every credential of the user within a second, on every process. @throws not-found, conflict for the last administrator. */
  async patch(tx: Tx, id: string, patch: UserPatch): Promise<UserRow> {
    const change = (): Promise<UserRow> => this.update(tx, id, patch);
    const user = patch.disabled === true ? await keepAnAdministrator(tx, change) : await change();
    if (patch.disabled !== undefined) {
      noticeCredentials(tx, id);
      noticeRights(tx);
    }
    return user;
  }

  /**
   * Stores a new password and ends the sessions that the old one opened, except the one given.
   * @throws not-found
   */
  async setPassword(tx: Tx, id: string, hash: PasswordHash, keepTokenId: string | null = null): Promise<void> {
    const rows = await tx.query(
      'update access_user set password_hash = $2 where id = $1 and removed_at is null returning id',
      [rowId(id), hash],
    );
    if (rows.length === 0) throw noSuchUser();
    await tx.query(
      `update access_token set revoked_at = now()
       where user_id = $1 and kind = 'session' and revoked_at is null and ($2::bigint is null or id <> $2)`,
      [id, keepTokenId],
    );
    noticeCredentials(tx, id);
  }

  /** Ends the user's tokens and grants with it. @throws not-found, conflict for the last administrator. */
  async remove(tx: Tx, id: string): Promise<void> {
    await keepAnAdministrator(tx, async () => {
      const rows = await tx.query(
        `update access_user set removed_at = now(), password_hash = null where id = $1 and removed_at is null returning id`,
        [rowId(id)],
      );
      if (rows.length === 0) throw noSuchUser();
      await tx.query('update access_token set revoked_at = now() where user_id = $1 and revoked_at is null', [id]);
      await tx.query('delete from access_grant where user_id = $1', [id]);
    });
    noticeCredentials(tx, id);
    noticeRights(tx);
  }

  /** True when a user exists or ever did: the server has been set up. */
  async any(tx?: Tx): Promise<boolean> {
    const rows = await (tx ?? this.database).query<{ found: boolean }>(
      'select exists (select 1 from access_user) as found',
    );
    return rows[0]?.found === true;
  }

  private async update(tx: Tx, id: string, patch: UserPatch): Promise<UserRow> {
    const rows = await tx.query<UserRow>(
      `update access_user set
         display_name = coalesce($2, display_name),
         email = case when $3 then $4 else email end,
         disabled_at = case when $5::boolean is null then disabled_at when $5 then coalesce(disabled_at, now()) else null end
       where id = $1 and removed_at is null returning ${columns}`,
      [
        rowId(id),
        patch.displayName === undefined ? null : parseLabel(patch.displayName, 'display name'),
        patch.email !== undefined,
        parseEmail(patch.email ?? null),
        patch.disabled ?? null,
      ],
    );
    if (!rows[0]) throw noSuchUser();
    return rows[0];
  }
}

function rowId(id: string): string {
  if (!isRowId(id)) throw noSuchUser();
  return id;
}

function noSuchUser(): LarderError {
  return new LarderError('not-found', 'There is no such user.');
}

/** Only what could break a mail header or a page is refused; whether the address works, its owner finds out. */
function parseEmail(text: string | null): string | null {
  if (text === null) return null;
  if (!/^[^\s@<>"',;:]+@[^\s@<>"',;:]+$/.test(parseLabel(text, 'e-mail address'))) {
    throw new LarderError('invalid-request', 'This is not an e-mail address; write it as name@example.org.');
  }
  return text;
}
