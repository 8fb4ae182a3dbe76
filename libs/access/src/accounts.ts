import { LarderError } from '#kernel';
import type { Principal, TokenLimits, TokenScope } from './contract.js';
import { parseActions } from './checks.js';
import type { CredentialChecker } from './credential-checker.js';
import type { Database, Tx } from '#database';
import type { RegistryTokens } from './registry-tokens.js';
import type { TokenRow } from './rows.js';
import type { TokenKind } from './token-format.js';
import type { Tokens } from './tokens.js';

export interface TokenRequest {
  readonly name: string;
  readonly kind: TokenKind;
  readonly actions?: readonly string[] | null | undefined;
  readonly repositoryPattern?: string | null | undefined;
  readonly client?: string | null | undefined;
  readonly expiresAt?: Date | null | undefined;
}

/** Runs in the transaction that creates the token, for the event. */
export type TokenRecorder = (tx: Tx, token: TokenRow) => Promise<void>;

/** What protocols need for their log-in routes. */
export class Accounts {
  constructor(
    private readonly database: Database,
    private readonly checker: CredentialChecker,
    private readonly tokens: Tokens,
    private readonly registryTokens: RegistryTokens,
  ) {}

  /**
   * A log-in with name and password; an access token is taken in place of the password.
   * @throws invalid-credentials, rate-limited (with the seconds to wait), unavailable.
   */
  async verifyPassword(name: string, password: string, address: string): Promise<Principal> {
    return (await this.checker.basic(name, password, address)).principal;
  }

  /**
   * Creates an access token for the principal. Its limits can only be narrower than those of the token that asks.
   * @throws unauthenticated for a principal that is no user, forbidden when it asks for more than its own token may, invalid-request.
   */
  async issueToken(
    principal: Principal,
    request: TokenRequest,
    record?: TokenRecorder,
  ): Promise<{ token: string; id: string }> {
    const userId = principal.userId;
    if (userId === null) throw new LarderError('unauthenticated', 'Sign in to create an access token.');
    const narrowed = { ...request, ...narrow(principal.limits, request) };
    return this.database.transaction(async tx => {
      const parent = principal.limits?.tokenId ? await lockParent(tx, principal.limits.tokenId) : null;
      const expiresAt = earlier(request.expiresAt ?? null, parent);
      const { secret, row } = await this.tokens.create(tx, { ...narrowed, userId, expiresAt });
      await record?.(tx, row);
      return { token: secret, id: row.id };
    });
  }

  /** Ends the principal's own token with this secret; false when it has none. */
  async revokeToken(principal: Principal, secret: string): Promise<boolean> {
    const { userId } = principal;
    if (userId === null) return false;
    return this.database.transaction(tx => this.tokens.revokeSecret(tx, userId, secret));
  }

  /** @throws forbidden for a principal that itself came with a registry token. */
  issueRegistryToken(
    principal: Principal,
    scopes: readonly TokenScope[],
  ): Promise<{ token: string; expiresInSeconds: number }> {
    return this.registryTokens.issue(principal, scopes);
  }
}

/** The limits of the new token: those asked for, inside those of the token that asks. */
function narrow(
  limits: TokenLimits | null,
  request: TokenRequest,
): { actions: readonly string[] | null; repositoryPattern: string | null } {
  if (limits?.scopes)
    throw tooWide('A registry token cannot create access tokens; use the password or an access token.');
  const actions = request.actions ? parseActions(request.actions) : (limits?.actions ?? null);
  const excess = actions?.find(action => limits?.actions && !limits.actions.includes(action));
  if (excess !== undefined)
    throw tooWide(`This access token does not include "${excess}", so it cannot create one that does.`);
  const held = limits?.repositoryPattern ?? '*';
  const pattern = request.repositoryPattern ?? limits?.repositoryPattern ?? null;
  // Whether one pattern lies inside another is not decided: only the same limit is certainly no wider.
  if (held !== '*' && pattern !== held)
    throw tooWide(`This access token is limited to "${held}", so it can only create tokens with that limit.`);
  return { actions, repositoryPattern: pattern };
}

/** The expiry of the token that asks; it must still live, or a revoked one could leave a child behind. */
async function lockParent(tx: Tx, tokenId: string): Promise<Date | null> {
  const rows = await tx.query<{ expires_at: Date | null }>(
    'select expires_at from access_token where id = $1 and revoked_at is null and (expires_at is null or expires_at > now()) for share',
    [tokenId],
  );
  if (!rows[0])
    throw new LarderError('invalid-credentials', 'This access token has ended. Create a new one and use it instead.');
  return rows[0].expires_at;
}

function earlier(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

function tooWide(message: string): LarderError {
  return new LarderError('forbidden', message, { rule: 'token-limits' });
}
