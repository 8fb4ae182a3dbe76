import { LarderError } from '#kernel';
// Value imports: Nest reads the constructor's parameter types.
import { Passwords, Users } from '#access';
import type { CallOf } from '../http/api-call.js';
import { Changes } from '../http/changes.js';
import { ignoreMissing } from '../http/ignore-missing.js';
import type { Output } from '../http/operation.js';
import { decodeCursor, pageFrom } from '../http/paging.js';
import { ApiController, Call, Serves } from '../http/serves.js';
import { changeUser, createUser, getUser, listUsers, removeUser } from './people.operations.js';
import { shapeUser } from './people-shapes.js';

@ApiController()
export class UsersController {
  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly changes: Changes,
  ) {}

  @Serves(listUsers)
  async list(@Call() call: CallOf<typeof listUsers>): Promise<Output<typeof listUsers>> {
    const { limit, cursor } = call.query;
    const rows = await this.users.list({ after: decodeCursor(cursor, 1)?.[0], limit: limit + 1 });
    return pageFrom(rows, limit, { item: shapeUser, key: row => [row.name] });
  }

  @Serves(createUser)
  async create(@Call() call: CallOf<typeof createUser>): Promise<Output<typeof createUser>> {
    const { password, ...user } = call.body;
    const passwordHash = await this.passwords.hash(password, user.name);
    return this.changes.make(call, async tx => {
      const value = shapeUser(await this.users.create(tx, { ...user, passwordHash }));
      return { value, events: [{ action: 'user.create', after: value }] };
    });
  }

  @Serves(getUser)
  async get(@Call() call: CallOf<typeof getUser>): Promise<Output<typeof getUser>> {
    return shapeUser(await this.find(call.params.userId));
  }

  @Serves(changeUser)
  async change(@Call() call: CallOf<typeof changeUser>): Promise<Output<typeof changeUser>> {
    const { password, ...patch } = call.body;
    const before = shapeUser(await this.find(call.params.userId));
    const passwordHash = password === undefined ? undefined : await this.passwords.hash(password, before.name);
    return this.changes.make(call, async tx => {
      if (passwordHash)
        await this.users.setPassword(tx, before.id, passwordHash, call.principal.limits?.tokenId ?? null);
      const value = shapeUser(await this.users.patch(tx, before.id, patch));
      const after = passwordHash ? { ...value, password: 'changed' } : value;
      return { value, events: [{ action: 'user.change', before, after }] };
    });
  }

  @Serves(removeUser)
  async remove(@Call() call: CallOf<typeof removeUser>): Promise<void> {
    const user = await this.users.find(call.params.userId);
    if (!user) return;
    await this.changes
      .make(call, async tx => {
        await this.users.remove(tx, user.id);
        return { value: undefined, events: [{ action: 'user.remove', before: shapeUser(user) }] };
      })
      .catch(ignoreMissing);
  }

  private async find(id: string) {
    const user = await this.users.find(id);
    if (!user) throw new LarderError('not-found', 'There is no such user.');
    return user;
  }
}
