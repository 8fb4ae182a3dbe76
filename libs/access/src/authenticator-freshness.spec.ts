import { describe, expect, it } from '@jest/globals';
import type { Database } from '#database';
import { createTestDatabase } from '#testing';
import { AccessFixture, bearer } from '../test/fixture.js';

const refused = expect.objectContaining({ code: 'invalid-credentials' });

/** The database with some members replaced. */
function changed(database: Database, members: Partial<Record<keyof Database, () => unknown>>): Database {
  return new Proxy(database, {
    get(target, name) {
      const replaced = members[name as keyof Database];
      if (replaced) return replaced();
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('a check that a revocation overtakes', () => {
  it('is not remembered', async () => {
    const test = await createTestDatabase();
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const { promise: read, resolve: wasRead } = Promise.withResolvers<void>();
    const slow = changed(test.database, {
      query: () => async (sql: string, parameters?: readonly unknown[]) => {
        const rows = await test.database.query(sql, parameters);
        if (!sql.includes('t.secret_hash = $1')) return rows;
        wasRead();
        await answered;
        return rows;
      },
    });
    const fixture = await AccessFixture.start(slow);
    try {
      const { id, secret } = await fixture.token(await fixture.user('slow'));
      const checking = fixture.authenticate(bearer(secret));
      await read;
      await fixture.write(tx => fixture.access.tokens.revoke(tx, id));
      answer();
      await checking;
      await expect(fixture.authenticate(bearer(secret))).rejects.toEqual(refused);
    } finally {
      await fixture.stop();
      await test.stop();
    }
  });
});

describe('authenticate while notifications cannot arrive', () => {
  it('believes nothing for longer than a second', async () => {
    const test = await createTestDatabase();
    let live = true;
    const deaf = changed(test.database, { notificationsLive: () => live, on: () => () => {} });
    const fixture = await AccessFixture.start(deaf);
    try {
      const user = await fixture.user('deaf');
      const { id, secret } = await fixture.token(user);
      const principal = await fixture.authenticate(bearer(secret));
      live = false;
      await fixture.write(tx => fixture.access.tokens.revoke(tx, id));
      await fixture.write(tx =>
        fixture.access.grants.create(tx, { subject: { kind: 'everyone' }, role: 'reader', createdBy: 'test' }),
      );
      fixture.clock.advance(1_001);
      await expect(fixture.authenticate(bearer(secret))).rejects.toEqual(refused);
      expect(
        fixture.access.authorizer.authorize(principal, 'read', { repository: { id: '1', name: 'any' } }),
      ).toMatchObject({ allow: true });
    } finally {
      await fixture.stop();
      await test.stop();
    }
  });
});
