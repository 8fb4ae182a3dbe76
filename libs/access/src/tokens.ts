import { LarderError, type Action } from '#kernel';
import { noticeCredentials } from './access-notices.js';
import { isRowId, parseActions, parseLabel, parsePattern } from './checks.js';
import type { Database, Tx } from '#database';
import type { Page, TokenRow } from './rows.js';
import { displayPrefix, hashToken, isWellFormedToken, makeTokenSecret, type TokenKind } from './token-format.js';

export interface NewToken {
  readonly userId: string;
  readonly name: string;
  readonly kind: TokenKind;
  /** Absent or null: no limit. */
  readonly actions?: readonly string[] | null | undefined;
  readonly repositoryPattern?: string | null | undefined;
  /** The program that asked for it, if known. */
  readonly client?: string | null | undefined;
  readonly expiresAt?: Date | null | undefined;
}

/** A session that nobody ends is over after this time. */
export const sessionHours = 12;

const columns = `t.id::text, t.user_id::text as "userId", u.name as "userName", t.name, t.kind, t.prefix, t.actions::text[] as actions,
  t.repository_pattern as "repositoryPattern", t.client, t.created_at as "createdAt", t.expires_at as "expiresAt",
  t.last_used_at as "lastUsedAt", t.last_used_address as "lastUsedAddress", t.revoked_at as "revokedAt"`;

/** Access tokens. The secret exists only in the answer that creates it; the row keeps its SHA-256. */
export class Tokens {
  constructor(private readonly database: Database) {}

  /** @throws invalid-request, not-found when the user is not living or is disabled. */
  async create(tx: Tx, token: NewToken): Promise<{ secret: string; row: TokenRow }> {
    const secret = makeTokenSecret(token.kind);
    const actions = token.actions ? parseActions(token.actions) : null;
    const pattern = token.repositoryPattern ? parsePattern(token.repositoryPattern, 'repository pattern') : null;
    if (token.expiresAt && Number.isNaN(token.expiresAt.getTime()))
      throw new LarderError('invalid-request', 'The expiry is not a time.');
    const rows = await tx.query<TokenRow>(
      `with created as (
         insert into access_token (user_id, name, kind, secret_hash, prefix, actions, repository_pattern, client, expires_at)
         select id, $2, $3, $4, $5, $6, $7, $8,
                coalesce($9::timestamptz, case when $3 = 'session' then now() + make_interval(hours => ${sessionHours}) end)
         from access_user where id = $1 and disabled_at is null and removed_at is null
         returning *
       ) select ${columns} from created t join access_user u on u.id = t.user_id`,
      [
        isRowId(token.userId) ? token.userId : null,
        parseLabel(token.name, 'name of the token'),
        token.kind,
        hashToken(secret),
        displayPrefix(secret),
        actions satisfies Action[] | null,
        pattern,
        token.client ? token.client.slice(0, 200) : null,
        token.expiresAt ?? null,
      ],
    );
    if (!rows[0]) throw new LarderError('not-found', 'There is no such user, or it is disabled.');
    return { secret, row: rows[0] };
  }

  /** A token, of that user only when one is given: somebody else's token is a missing one. */
  async find(id: string, owner: { readonly userId?: string | undefined } = {}): Promise<TokenRow | undefined> {
    if (!isRowId(id)) return undefined;
    const rows = await this.database.query<TokenRow>(
      `select ${columns} from access_token t join access_user u on u.id = t.user_id
       where t.id = $1 and ($2::bigint is null or t.user_id = $2)`,
      [id, owner.userId ?? null],
    );
    return rows[0];
  }

  /** Newest first, the revoked included; `after` is an id. */
  async list(page: Page, owner: { readonly userId?: string | undefined } = {}): Promise<TokenRow[]> {
    if (page.after !== undefined && !isRowId(page.after))
      throw new LarderError('invalid-request', 'The cursor is not one of ours.');
    return this.database.query<TokenRow>(
      `select ${columns} from access_token t join access_user u on u.id = t.user_id
       where ($1::bigint is null or t.id < $1) and ($2::bigint is null or t.user_id = $2)
       order by t.id desc limit $3`,
      [page.after ?? null, owner.userId ?? null, page.limit],
    );
  }

  /**
   * Ends a token within a second on every process. Revoking a revoked one succeeds.
   * @throws not-found, also for a token of another user when `userId` is given.
   */
  async revoke(tx: Tx, id: string, owner: { readonly userId?: string | undefined } = {}): Promise<void> {
    const rows = await tx.query<{ user_id: string }>(
      `update access_token set revoked_at = coalesce(revoked_at, now())
       where id = $1 and ($2::bigint is null or user_id = $2) returning user_id::text`,
      [isRowId(id) ? id : null, owner.userId ?? null],
    );
    if (!rows[0]) throw new LarderError('not-found', 'There is no such access token.');
    noticeCredentials(tx, rows[0].user_id);
  }

  /** Ends the user's own token whose secret this is; false when there is none that lives. */
  async revokeSecret(tx: Tx, userId: string, secret: string): Promise<boolean> {
    if (!isWellFormedToken(secret)) return false;
    const rows = await tx.query(
      'update access_token set revoked_at = now() where secret_hash = $1 and user_id = $2 and revoked_at is null returning id',
      [hashToken(secret), userId],
    );
    if (rows.length > 0) noticeCredentials(tx, userId);
    return rows.length > 0;
  }
}
