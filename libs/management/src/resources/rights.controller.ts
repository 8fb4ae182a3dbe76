import { LarderError } from '#kernel';
// Value imports: Nest reads the constructor's parameter types.
import { Grants, Roles, Tokens, Users, type GrantSubject } from '#access';
import type { Tx } from '#database';
import type { CallOf } from '../http/api-call.js';
import { Changes } from '../http/changes.js';
import { ignoreMissing } from '../http/ignore-missing.js';
import type { Output } from '../http/operation.js';
import { decodeCursor, decodeIdCursor, pageFrom } from '../http/paging.js';
import { ApiController, Call, Serves } from '../http/serves.js';
import {
  changeRole,
  createGrant,
  createRole,
  getGrant,
  getRole,
  listGrants,
  listRoles,
  listTokens,
  removeGrant,
  removeRole,
  revokeToken,
} from './people.operations.js';
import { grantEvent, shapeGrant, shapeRole, shapeToken, tokenEvent } from './people-shapes.js';

/** Roles, grants and the access tokens of everybody. */
@ApiController()
export class RightsController {
  constructor(
    private readonly roles: Roles,
    private readonly grants: Grants,
    private readonly tokens: Tokens,
    private readonly users: Users,
    private readonly changes: Changes,
  ) {}

  @Serves(listRoles)
  async listRoles(@Call() call: CallOf<typeof listRoles>): Promise<Output<typeof listRoles>> {
    const { limit, cursor } = call.query;
    const rows = await this.roles.list({ after: decodeCursor(cursor, 1)?.[0], limit: limit + 1 });
    return pageFrom(rows, limit, { item: shapeRole, key: row => [row.name] });
  }

  @Serves(createRole)
  createRole(@Call() call: CallOf<typeof createRole>): Promise<Output<typeof createRole>> {
    return this.changes.make(call, async tx => {
      const value = shapeRole(await this.roles.create(tx, call.body));
      return { value, events: [{ action: 'role.create', after: value }] };
    });
  }

  @Serves(getRole)
  async getRole(@Call() call: CallOf<typeof getRole>): Promise<Output<typeof getRole>> {
    const role = await this.roles.find(call.params.roleId);
    if (!role) throw new LarderError('not-found', 'There is no such role.');
    return shapeRole(role);
  }

  @Serves(changeRole)
  async changeRole(@Call() call: CallOf<typeof changeRole>): Promise<Output<typeof changeRole>> {
    const role = await this.roles.find(call.params.roleId);
    if (!role) throw new LarderError('not-found', 'There is no such role.');
    return this.changes.make(call, async tx => {
      const value = shapeRole(await this.roles.patch(tx, role.id, call.body));
      return { value, events: [{ action: 'role.change', before: shapeRole(role), after: value }] };
    });
  }

  @Serves(removeRole)
  async removeRole(@Call() call: CallOf<typeof removeRole>): Promise<void> {
    const role = await this.roles.find(call.params.roleId);
    if (!role) return;
    await this.changes
      .make(call, async tx => {
        await this.roles.remove(tx, role.id);
        return { value: undefined, events: [{ action: 'role.remove', before: shapeRole(role) }] };
      })
      .catch(ignoreMissing);
  }

  @Serves(listGrants)
  async listGrants(@Call() call: CallOf<typeof listGrants>): Promise<Output<typeof listGrants>> {
    const { limit, cursor } = call.query;
    const rows = await this.grants.list({ after: decodeIdCursor(cursor), limit: limit + 1 });
    return pageFrom(rows, limit, { item: shapeGrant, key: row => [row.id] });
  }

  @Serves(createGrant)
  async createGrant(@Call() call: CallOf<typeof createGrant>): Promise<Output<typeof createGrant>> {
    const { role, repository, name, tag } = call.body;
    const subject = await this.subjectOf(call.body);
    const createdBy = call.principal.name;
    return this.changes.make(call, async tx => {
      const row = await this.grants.create(tx, {
        subject,
        role,
        repositoryPattern: repository,
        namePattern: name,
        tagPattern: tag,
        createdBy,
      });
      // The same grant given again is the one that exists: nothing changed, so there is no event.
      const events = (await isOfThisTransaction(tx, row.createdAt)) ? [grantEvent('grant.create', row)] : [];
      return { value: shapeGrant(row), events };
    });
  }

  @Serves(getGrant)
  async getGrant(@Call() call: CallOf<typeof getGrant>): Promise<Output<typeof getGrant>> {
    const grant = await this.grants.find(call.params.grantId);
    if (!grant) throw new LarderError('not-found', 'There is no such grant.');
    return shapeGrant(grant);
  }

  @Serves(removeGrant)
  async removeGrant(@Call() call: CallOf<typeof removeGrant>): Promise<void> {
    const grant = await this.grants.find(call.params.grantId);
    if (!grant) return;
    await this.changes
      .make(call, async tx => {
        await this.grants.remove(tx, grant.id);
        return { value: undefined, events: [grantEvent('grant.remove', grant)] };
      })
      .catch(ignoreMissing);
  }

  @Serves(listTokens)
  async listTokens(@Call() call: CallOf<typeof listTokens>): Promise<Output<typeof listTokens>> {
    const { limit, cursor } = call.query;
    const rows = await this.tokens.list({ after: decodeIdCursor(cursor), limit: limit + 1 });
    return pageFrom(rows, limit, { item: row => ({ ...shapeToken(row), user: row.userName }), key: row => [row.id] });
  }

  @Serves(revokeToken)
  async revokeToken(@Call() call: CallOf<typeof revokeToken>): Promise<void> {
    const token = await this.tokens.find(call.params.tokenId);
    if (!token || token.revokedAt) return;
    await this.changes.make(call, async tx => {
      await this.tokens.revoke(tx, token.id);
      return { value: undefined, events: [tokenEvent('token.revoke', token)] };
    });
  }

  private async subjectOf(body: {
    subject: 'user' | 'everyone' | 'signed-in';
    user?: string | undefined;
  }): Promise<GrantSubject> {
    if (body.subject !== 'user') return { kind: body.subject };
    const user = await this.users.findByName(body.user!);
    if (!user) throw new LarderError('not-found', `There is no user "${body.user!}".`);
    return { kind: 'user', userId: user.id };
  }
}

async function isOfThisTransaction(tx: Tx, createdAt: Date): Promise<boolean> {
  const [row] = await tx.query<{ now: Date }>('select now() as now');
  return row!.now.getTime() === createdAt.getTime();
}
