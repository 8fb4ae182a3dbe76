import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger, type Clock } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import { createAccess, type Access } from './create-access.js';
import type { Principal } from './contract.js';

const password = 'a-long-enough-secret';
const address = '192.0.2.1';

function basic(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
}

describe('access against a real database', () => {
  let test: TestDatabase;
  let dataDir: string;
  let access: Access;
  let now = Date.parse('2026-11-21T12:00:00Z');
  const clock: Clock = { now: () => now };

  beforeAll(async () => {
    test = await createTestDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'access-'));
    access = createAccess({ database: test.database, dataDir, clock, logger: silentLogger });
    await access.ready();
  });

  afterAll(async () => {
    await access.stop();
    await test.stop();
    await rm(dataDir, { recursive: true });
  });

  it('lets a user in by password and by token, and answers a wrong one with invalid-credentials', async () => {
    const passwordHash = await access.passwords.hash(password, 'ada');
    const user = await test.database.transaction(tx => access.users.create(tx, { name: 'ada', passwordHash }));
    const principal = await access.authenticator.authenticate({ authorization: basic('Ada', password), address });
    expect(principal).toMatchObject({
      kind: 'user',
      id: `user:${user.id}`,
      name: 'ada',
      limits: null,
    } satisfies Partial<Principal>);
    const { token } = await access.accounts.issueToken(principal, { name: 'ci', kind: 'personal', actions: ['read'] });
    for (const authorization of [`bearer ${token}`, basic('__token__', token), basic('', token)]) {
      expect(await access.authenticator.authenticate({ authorization, address })).toMatchObject({
        id: principal.id,
        limits: { actions: ['read'] },
      });
    }
    await expect(
      access.authenticator.authenticate({ authorization: basic('ada', 'wrong-wrong-wrong'), address }),
    ).rejects.toMatchObject({
      code: 'invalid-credentials',
    });
    now += 1;
  });
});
