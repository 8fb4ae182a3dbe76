import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '#database';
import { silentLogger } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import { AccessFixture, basic, bearer, goodPassword } from '../test/fixture.js';
import { makeTokenSecret } from './token-format.js';

const refused = expect.objectContaining({ code: 'invalid-credentials' });

describe('authenticate', () => {
  let test: TestDatabase;
  let fixture: AccessFixture;

  beforeAll(async () => {
    test = await createTestDatabase();
    fixture = await AccessFixture.start(test.database);
  });
  afterAll(async () => {
    await fixture.stop();
    await test.stop();
  });

  it.each([undefined, 'Basic Og==', 'basic Og=='])('takes %j for anonymous', async authorization =>
    expect(await fixture.authenticate(authorization)).toMatchObject({ kind: 'anonymous', id: 'anonymous' }),
  );

  it('gives the same principal and the same limits in every scheme (A51)', async () => {
    const user = await fixture.user('schemes');
    const { id, secret } = await fixture.token(user, { actions: ['read'], repositoryPattern: 'team-*' });
    const limits = { tokenId: id, actions: ['read'], repositoryPattern: 'team-*' };
    const headers = [
      bearer(secret),
      `bEARER ${secret}`,
      basic('__token__', secret),
      basic('schemes', secret),
      basic('', secret),
      basic('other', secret),
    ];
    for (const header of headers) {
      expect(await fixture.authenticate(header)).toEqual({
        kind: 'user',
        id: `user:${user.id}`,
        name: 'schemes',
        userId: user.id,
        limits,
      });
    }
    expect(await fixture.authenticate(basic('Schemes', goodPassword))).toMatchObject({
      id: `user:${user.id}`,
      limits: null,
    });
  });

  it('answers a wrong name and a wrong password alike (A30)', async () => {
    await fixture.user('known');
    const errors = await Promise.all(
      [
        basic('known', 'wrong-wrong-wrong'),
        basic('unknown', 'wrong-wrong-wrong'),
        basic('not a name', 'wrong-wrong-wrong'),
      ].map(header => fixture.authenticate(header, '192.0.2.30').catch((error: Error) => error.message)),
    );
    expect(new Set(errors).size).toBe(1);
    expect(errors[0]).toContain('is wrong');
  });

  it.each([
    '',
    'Basic',
    'Bearer',
    'Basic !!!',
    'Digest x',
    'Bearer ldr_p_short',
    bearer(makeTokenSecret('personal')),
    'Bearer a.b.c',
    basic('ada', ''),
  ])('refuses %j and never treats it as anonymous', async header => {
    await expect(fixture.authenticate(header, '192.0.2.31')).rejects.toEqual(refused);
  });

  it('does not log in a user of the built-in names, or any default account (A28)', async () => {
    for (const header of [basic('admin', 'admin123'), basic('admin', 'password1234'), basic('system', goodPassword)]) {
      await expect(fixture.authenticate(header, '192.0.2.28')).rejects.toEqual(refused);
    }
  });

  it('refuses after ten failures at one address, with the seconds to wait, and lets the owner in from another (A29)', async () => {
    await fixture.user('target');
    for (let i = 0; i < 10; i++)
      await expect(fixture.authenticate(basic('target', `wrong-guess-${i}-x`), '192.0.2.29')).rejects.toEqual(refused);
    await expect(fixture.authenticate(basic('target', goodPassword), '192.0.2.29')).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterSeconds: 900,
    });
    await expect(fixture.access.accounts.verifyPassword('target', goodPassword, '192.0.2.29')).rejects.toMatchObject({
      code: 'rate-limited',
    });
    expect(await fixture.authenticate(basic('target', goodPassword), '192.0.2.129')).toMatchObject({ name: 'target' });
  });

  it('limits guesses at tokens by address, but never stops a token that exists (A49)', async () => {
    const { secret } = await fixture.token(await fixture.user('tokens'));
    for (let i = 0; i < 100; i++)
      await expect(fixture.authenticate(bearer(makeTokenSecret('personal')), '192.0.2.49')).rejects.toEqual(refused);
    await expect(fixture.authenticate(bearer(makeTokenSecret('personal')), '192.0.2.49')).rejects.toMatchObject({
      code: 'rate-limited',
    });
    await expect(fixture.authenticate(basic('tokens', goodPassword), '192.0.2.49')).rejects.toMatchObject({
      code: 'rate-limited',
    });
    expect(await fixture.authenticate(bearer(secret), '192.0.2.49')).toMatchObject({ name: 'tokens' });
  });

  it('checks a password once for many requests at once and for a minute after', async () => {
    await fixture.user('busy');
    const started = performance.now();
    await fixture.authenticate(basic('busy', goodPassword));
    const once = performance.now() - started;
    const many = performance.now();
    for (let i = 0; i < 1_000; i++) await fixture.authenticate(basic('busy', goodPassword));
    expect((performance.now() - many) / 1_000).toBeLessThan(once / 10);
  });

  it('ends with the expiry of the token', async () => {
    const { secret } = await fixture.token(await fixture.user('expiring'), {
      expiresAt: new Date(Date.now() + 3_600_000),
    });
    expect(await fixture.authenticate(bearer(secret))).toMatchObject({ name: 'expiring' });
    await test.database.query(`update access_token set expires_at = now() - interval '1 second' where prefix = $1`, [
      secret.slice(0, 10),
    ]);
    fixture.clock.advance(60_001);
    await expect(fixture.authenticate(bearer(secret))).rejects.toThrow('has expired');
  });

  it.each<[string, (fixture: AccessFixture, userId: string, tokenId: string) => Promise<unknown>]>([
    [
      'revoking the token (A58)',
      (f, userId, tokenId) => f.write(tx => f.access.tokens.revoke(tx, tokenId, { userId })),
    ],
    ['disabling the user (A47)', (f, userId) => f.write(tx => f.access.users.patch(tx, userId, { disabled: true }))],
    ['removing the user (A48)', (f, userId) => f.write(tx => f.access.users.remove(tx, userId))],
  ])('forgets a remembered token at once after %s, in this process and in others', async (what, change) => {
    const user = await fixture.user(`gone-${what.split(' ')[0]}`);
    const { id, secret } = await fixture.token(user);
    const elsewhere = await Database.connect({ url: test.url, logger: silentLogger, poolSize: 2 });
    const other = await AccessFixture.start(elsewhere);
    try {
      await fixture.authenticate(bearer(secret));
      await other.authenticate(bearer(secret));
      const changedAt = Date.now();
      await change(fixture, user.id, id);
      await expect(fixture.authenticate(bearer(secret))).rejects.toEqual(refused);
      while (await other.authenticate(bearer(secret)).then(Boolean, () => false))
        await new Promise(resolve => setImmediate(resolve));
      expect(Date.now() - changedAt).toBeLessThan(1_000);
    } finally {
      await other.stop();
      await elsewhere.close();
    }
  });

  it('forgets the old password when it changes, and the sessions that it opened', async () => {
    const user = await fixture.user('changing');
    const principal = await fixture.authenticate(basic('changing', goodPassword));
    const session = await fixture.access.accounts.issueToken(principal, { name: 'web', kind: 'session' });
    const kept = await fixture.access.accounts.issueToken(principal, { name: 'ci', kind: 'personal' });
    const hash = await fixture.access.passwords.hash('another-good-secret', 'changing');
    await fixture.write(tx => fixture.access.users.setPassword(tx, user.id, hash));
    await expect(fixture.authenticate(basic('changing', goodPassword))).rejects.toEqual(refused);
    await expect(fixture.authenticate(bearer(session.token))).rejects.toEqual(refused);
    expect(await fixture.authenticate(bearer(kept.token))).toMatchObject({ name: 'changing' });
    expect(await fixture.authenticate(basic('changing', 'another-good-secret'))).toMatchObject({ name: 'changing' });
  });

  it('knows a grant from the moment its transaction has committed', async () => {
    const principal = await fixture.authenticate(basic((await fixture.user('granted')).name, goodPassword));
    const subject = { repository: { id: '1', name: 'fresh' }, package: 'a' };
    expect(fixture.access.authorizer.authorize(principal, 'read', subject)).toMatchObject({ outcome: 'hidden' });
    const grant = await fixture.write(tx =>
      fixture.access.grants.create(tx, {
        subject: { kind: 'everyone' },
        role: 'reader',
        repositoryPattern: 'fresh',
        createdBy: 'test',
      }),
    );
    await fixture.authenticate(undefined);
    expect(fixture.access.authorizer.authorize(principal, 'read', subject)).toMatchObject({ allow: true });
    await fixture.write(tx => fixture.access.grants.remove(tx, grant.id));
    await fixture.authenticate(undefined);
    expect(fixture.access.authorizer.authorize(principal, 'read', subject)).toMatchObject({ outcome: 'hidden' });
  });

  it('loads changed rights without waiting for the next request', async () => {
    const principal = await fixture.authenticate(basic((await fixture.user('uploading')).name, goodPassword));
    const subject = { repository: { id: '1', name: 'quiet' }, package: 'a' };
    await fixture.write(tx =>
      fixture.access.grants.create(tx, {
        subject: { kind: 'user', userId: principal.userId! },
        role: 'reader',
        repositoryPattern: 'quiet',
        createdBy: 'test',
      }),
    );
    while (!fixture.access.authorizer.current) await new Promise(resolve => setImmediate(resolve));
    expect(fixture.access.authorizer.authorize(principal, 'read', subject)).toMatchObject({ allow: true });
  });

  it('writes the last use and its address when it stops', async () => {
    const user = await fixture.user('traced');
    const { id, secret } = await fixture.token(user);
    await fixture.authenticate(bearer(secret), '192.0.2.77');
    await fixture.authenticate(bearer(secret), '192.0.2.78');
    await fixture.access.stop();
    const row = await fixture.access.tokens.find(id);
    expect(row).toMatchObject({ lastUsedAddress: '192.0.2.78' });
    expect(Math.abs(row!.lastUsedAt!.getTime() - Date.now())).toBeLessThan(5_000);
  });

  it('keeps no secret and no password in the database (A56)', async () => {
    const user = await fixture.user('hidden-secrets');
    const { secret } = await fixture.token(user);
    const rows = await test.database.query<{ row: string }>(
      'select t::text || encode(t.secret_hash, $1) as row from access_token t union all select u::text from access_user u',
      ['escape'],
    );
    const dump = rows.map(row => row.row).join('\n');
    expect(dump).not.toContain(secret);
    expect(dump).not.toContain(secret.slice(10));
    expect(dump).not.toContain(goodPassword);
  });
});
