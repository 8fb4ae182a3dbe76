import { LarderError } from '#kernel';
// Value imports: Nest reads the constructor's parameter types.
import { Accounts, Grants, looksLikeToken, Setup, Tokens, userPrincipal, type Principal, type TokenRow } from '#access';
import { Events, type Actor, type NewEvent } from '#audit';
import type { Tx } from '#database';
import type { ApiCall, CallOf } from '../http/api-call.js';
import { Changes } from '../http/changes.js';
import type { Output } from '../http/operation.js';
import { ApiController, Call, Serves } from '../http/serves.js';
import { isoOrNull } from '../views/sql.js';
import { grantEvent } from './people-shapes.js';
import { completeSetup, createSession, endSession, getSetup } from './setup.operations.js';

/** The first administrator, and sessions. */
@ApiController()
export class SetupController {
  constructor(
    private readonly setup: Setup,
    private readonly accounts: Accounts,
    private readonly grants: Grants,
    private readonly tokens: Tokens,
    private readonly events: Events,
    private readonly changes: Changes,
  ) {}

  @Serves(getSetup)
  async state(): Promise<Output<typeof getSetup>> {
    return { completed: await this.setup.isDone() };
  }

  @Serves(completeSetup)
  async complete(@Call() call: CallOf<typeof completeSetup>): Promise<Output<typeof completeSetup>> {
    const { code, name, password, everyoneMayRead } = call.body;
    const user = await this.setup.complete({ code, address: call.address }, { name, password }, async (tx, row) => {
      const actor = { ...call.actor, principalId: `user:${row.id}`, principalName: row.name };
      const made: NewEvent = { action: 'setup.complete', after: { user: row.name, role: 'administrator' } };
      await this.events.record(tx, actor, everyoneMayRead ? [made, await this.letEveryoneRead(tx, row.name)] : [made]);
    });
    return this.signIn(userPrincipal(user, null), call);
  }

  @Serves(createSession)
  async open(@Call() call: CallOf<typeof createSession>): Promise<Output<typeof createSession>> {
    const { name, password } = call.body;
    // A session has the whole rights of its user, so only the password opens one.
    if (looksLikeToken(password)) {
      throw new LarderError(
        'invalid-credentials',
        'Sign in with the password; an access token needs no session and is sent as Bearer itself.',
      );
    }
    return this.signIn(await this.accounts.verifyPassword(name, password, call.address), call);
  }

  @Serves(endSession)
  async end(@Call() call: CallOf<typeof endSession>): Promise<void> {
    const { limits, userId } = call.principal;
    const token = limits?.tokenId && userId ? await this.tokens.find(limits.tokenId, { userId }) : undefined;
    if (token?.kind !== 'session') {
      throw new LarderError(
        'conflict',
        'This request was not made with a session token. Revoke access tokens under /api/v1/me/tokens.',
      );
    }
    await this.changes.make(call, async tx => {
      await this.tokens.revoke(tx, token.id);
      return { value: undefined, events: [{ action: 'session.end', before: { tokenId: token.id } }] };
    });
  }

  private async signIn(principal: Principal, call: ApiCall): Promise<Output<typeof createSession>> {
    const actor: Actor = { ...call.actor, principalId: principal.id, principalName: principal.name };
    let row: TokenRow | undefined;
    const request = { name: 'session', kind: 'session' as const, client: call.actor.client };
    const { token } = await this.accounts.issueToken(principal, request, async (tx, created) => {
      row = created;
      await this.events.record(tx, actor, { action: 'session.create', after: { tokenId: created.id } });
    });
    return {
      token,
      expiresAt: isoOrNull(row?.expiresAt ?? null),
      user: { id: principal.userId ?? '', name: principal.name },
    };
  }

  private async letEveryoneRead(tx: Tx, createdBy: string): Promise<NewEvent> {
    return grantEvent(
      'grant.create',
      await this.grants.create(tx, { subject: { kind: 'everyone' }, role: 'reader', createdBy }),
    );
  }
}
