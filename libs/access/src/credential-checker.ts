import { actions as knownActions, type Action } from '#kernel';
import type { Principal, TokenLimits } from './contract.js';
import type { Database } from '#database';
import type { FailedLogins } from './failed-logins.js';
import type { Passwords } from './passwords.js';
import { userPrincipal } from './principals.js';
import { deadToken, wrongCredentials } from './refusals.js';
import type { RegistryTokens } from './registry-tokens.js';
import { hashToken, isWellFormedToken, looksLikeToken } from './token-format.js';
import { isUserName } from './user-name.js';

/** Credentials that were found good. */
export interface Verified {
  readonly principal: Principal;
  /** Milliseconds until they end by themselves; Infinity when they do not. */
  readonly validForMs: number;
}

interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly password_hash: string | null;
}

interface TokenRow {
  readonly id: string;
  readonly actions: string[] | null;
  readonly repository_pattern: string | null;
  readonly revoked: boolean;
  readonly inactive: boolean;
  readonly remaining_ms: number | null;
  readonly user_id: string;
  readonly name: string;
}

/** Decides whether credentials are good now, from the rows and without any cache. */
export class CredentialChecker {
  constructor(
    private readonly database: Database,
    private readonly passwords: Passwords,
    private readonly failures: FailedLogins,
    private readonly registryTokens: RegistryTokens,
  ) {}

  /**
   * A user's password, or an access token in its place with any user name (`__token__` included).
   * @throws invalid-credentials, rate-limited, unavailable.
   */
  basic(name: string, password: string, address: string): Promise<Verified> {
    return looksLikeToken(password) ? this.token(password, address) : this.password(name, password, address);
  }

  /**
   * An access token or a registry token.
   * @throws invalid-credentials, rate-limited, unavailable.
   */
  async bearer(secret: string, address: string): Promise<Verified> {
    if (!secret.includes('.')) return this.token(secret, address);
    const verified = await this.registryTokens.verify(secret);
    if (verified) return verified;
    this.failures.unknownToken(address);
    throw wrongCredentials();
  }

  private async password(name: string, password: string, address: string): Promise<Verified> {
    const attempt = this.failures.begin(name.slice(0, 100), address);
    try {
      const user = isUserName(name) ? await this.findUser(name) : undefined;
      const opened = await this.passwords.verify(user?.password_hash ?? null, password);
      if (user && opened) {
        attempt.succeeded();
        return { principal: userPrincipal(user, null), validForMs: Infinity };
      }
    } catch (error) {
      attempt.withdrawn();
      throw error;
    }
    attempt.failed();
    throw wrongCredentials();
  }

  private async token(secret: string, address: string): Promise<Verified> {
    const row = isWellFormedToken(secret) ? await this.findToken(secret) : undefined;
    if (!row) {
      this.failures.unknownToken(address);
      throw wrongCredentials();
    }
    // Whoever shows the secret of a dead token has held it, so the reason tells nothing new; and it is no guess, so it does not count.
    if (row.revoked || row.inactive) throw deadToken('is revoked');
    if (row.remaining_ms !== null && row.remaining_ms <= 0) throw deadToken('has expired');
    return {
      principal: userPrincipal({ id: String(row.user_id), name: row.name }, limitsOf(row)),
      validForMs: row.remaining_ms ?? Infinity,
    };
  }

  private async findUser(name: string): Promise<UserRow | undefined> {
    const rows = await this.database.query<UserRow>(
      `select id::text, name, password_hash from access_user
       where lower(name) = lower($1::text collate "C") and disabled_at is null and removed_at is null`,
      [name],
    );
    return rows[0];
  }

  private async findToken(secret: string): Promise<TokenRow | undefined> {
    const rows = await this.database.query<TokenRow>(
      `select t.id::text, t.actions, t.repository_pattern, t.revoked_at is not null as revoked,
              u.disabled_at is not null or u.removed_at is not null as inactive,
              (extract(epoch from t.expires_at - clock_timestamp()) * 1000)::float8 as remaining_ms,
              u.id::text as user_id, u.name
       from access_token t join access_user u on u.id = t.user_id
       where t.secret_hash = $1`,
      [hashToken(secret)],
    );
    return rows[0];
  }
}

/** Always a value, also for a token without limits: the principal must say which token it came with. */
export function limitsOf(row: Pick<TokenRow, 'id' | 'actions' | 'repository_pattern'>): TokenLimits {
  return {
    tokenId: String(row.id),
    ...(row.actions === null ? {} : { actions: row.actions.filter(isAction) }),
    ...(row.repository_pattern === null ? {} : { repositoryPattern: row.repository_pattern }),
  };
}

export function isAction(text: string): text is Action {
  return (knownActions as readonly string[]).includes(text);
}
