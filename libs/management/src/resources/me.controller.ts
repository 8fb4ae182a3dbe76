import { LarderError } from '#kernel';
// Value imports: Nest reads the constructor's parameter types.
import { Accounts, looksLikeToken, Passwords, Tokens, Users, type Principal, type TokenRow } from '#access';
import { Events } from '#audit';
import type { CallOf } from '../http/api-call.js';
import { Changes } from '../http/changes.js';
import { inputError } from '../http/check-input.js';
import type { Output } from '../http/operation.js';
import { decodeIdCursor, pageFrom } from '../http/paging.js';
import { ApiController, Call, Serves } from '../http/serves.js';
import { changeMyPassword, createMyToken, getMe, listMyTokens, revokeMyToken } from './me.operations.js';
import { shapeToken, tokenEvent } from './people-shapes.js';

/** The one who asks, and its access tokens. */
@ApiController()
export class MeController {
  constructor(
    private readonly accounts: Accounts,
    private readonly tokens: Tokens,
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly events: Events,
    private readonly changes: Changes,
  ) {}

  @Serves(getMe)
  me(@Call() call: CallOf<typeof getMe>): Output<typeof getMe> {
    const { id: principalId, name, limits } = call.principal;
    const token = limits && {
      id: limits.tokenId,
      actions: limits.actions ? [...limits.actions] : null,
      repositoryPattern: limits.repositoryPattern ?? null,
    };
    return { id: userIdOf(call.principal), principalId, name, token };
  }

  @Serves(listMyTokens)
  async list(@Call() call: CallOf<typeof listMyTokens>): Promise<Output<typeof listMyTokens>> {
    requireWholeAccount(call.principal);
    const { limit, cursor } = call.query;
    const rows = await this.tokens.list(
      { after: decodeIdCursor(cursor), limit: limit + 1 },
      { userId: userIdOf(call.principal) },
    );
    return pageFrom(rows, limit, { item: shapeToken, key: row => [row.id] });
  }

  @Serves(createMyToken)
  async create(@Call() call: CallOf<typeof createMyToken>): Promise<Output<typeof createMyToken>> {
    const { name, actions, repositoryPattern } = call.body;
    const expiresAt = call.body.expiresAt === undefined ? null : new Date(call.body.expiresAt);
    if (expiresAt && expiresAt.getTime() <= Date.now()) throw inputError('/expiresAt', 'must be in the future');
    let row: TokenRow | undefined;
    const request = { name, actions, repositoryPattern, expiresAt, kind: 'personal' as const };
    const { token } = await this.accounts.issueToken(
      await this.issuer(call.principal),
      request,
      async (tx, created) => {
        row = created;
        await this.events.record(tx, call.actor, tokenEvent('token.create', created));
      },
    );
    return { ...shapeToken(row!), token };
  }

  @Serves(revokeMyToken)
  async revoke(@Call() call: CallOf<typeof revokeMyToken>): Promise<void> {
    if (call.principal.limits?.tokenId !== call.params.tokenId) requireWholeAccount(call.principal);
    const token = await this.tokens.find(call.params.tokenId, { userId: userIdOf(call.principal) });
    if (!token) throw new LarderError('not-found', 'You have no such access token.');
    if (token.revokedAt) return;
    await this.changes.make(call, async tx => {
      await this.tokens.revoke(tx, token.id);
      return { value: undefined, events: [tokenEvent('token.revoke', token)] };
    });
  }

  @Serves(changeMyPassword)
  async changePassword(@Call() call: CallOf<typeof changeMyPassword>): Promise<void> {
    const { currentPassword, password } = call.body;
    const { name, limits } = call.principal;
    requireWholeAccount(call.principal);
    // A token in its place would let whoever found one take the account over.
    if (looksLikeToken(currentPassword))
      throw new LarderError('invalid-credentials', 'Give the present password, not an access token.');
    await this.accounts.verifyPassword(name, currentPassword, call.address);
    const hash = await this.passwords.hash(password, name);
    await this.changes.make(call, async tx => {
      await this.users.setPassword(tx, userIdOf(call.principal), hash, limits?.tokenId ?? null);
      return { value: undefined, events: [{ action: 'user.change', after: { name, password: 'changed' } }] };
    });
  }

  /**
   * A session stands for the password that opened it, so what it creates may outlive it; a token made with any other token ends with that
   * one and has its limits.
   */
  private async issuer(principal: Principal): Promise<Principal> {
    const { limits, userId } = principal;
    if (!limits?.tokenId || !userId) return principal;
    const used = await this.tokens.find(limits.tokenId, { userId });
    const wholeSession =
      used?.kind === 'session' && used.revokedAt === null && used.actions === null && used.repositoryPattern === null;
    return wholeSession && limits.scopes === undefined ? { ...principal, limits: null } : principal;
  }
}

function userIdOf(principal: Principal): string {
  if (principal.userId === null) throw new LarderError('forbidden', 'Only users have access tokens.');
  return principal.userId;
}

/** A token for a part of the user's rights is no key to the account: it may neither look at the user's other tokens nor end them. */
function requireWholeAccount({ limits }: Principal): void {
  if (
    !limits ||
    (limits.actions === undefined && limits.repositoryPattern === undefined && limits.scopes === undefined)
  )
    return;
  throw new LarderError(
    'forbidden',
    'This access token has limits, so it cannot manage the account; sign in with the password.',
    { rule: 'token-limits' },
  );
}
