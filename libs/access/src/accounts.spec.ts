import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '#testing';
import { AccessFixture, basic, bearer, goodPassword } from '../test/fixture.js';
import { anonymousPrincipal } from './principals.js';
import type { TokenRequest } from './accounts.js';

const failToRecord = async (): Promise<void> => Promise.reject(new Error('no event'));

describe('accounts', () => {
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

  it('take a token in place of the password, with its limits', async () => {
    const user = await fixture.user('npm');
    const { id, secret } = await fixture.token(user, { actions: ['read'] });
    expect(await fixture.access.accounts.verifyPassword('npm', secret, '192.0.2.1')).toMatchObject({
      limits: { tokenId: id, actions: ['read'] },
    });
  });

  it('issue tokens whose kind stands in the secret, and record them in the same transaction', async () => {
    const principal = await fixture.authenticate(basic((await fixture.user('issuing')).name, goodPassword));
    const seen: string[] = [];
    const issued = await fixture.access.accounts.issueToken(
      principal,
      { name: 'laptop', kind: 'npm-login', client: 'npm/11' },
      async (tx, row) => {
        await tx.query('select 1');
        seen.push(row.id);
      },
    );
    expect(issued.token).toMatch(/^ldr_n_/);
    expect(seen).toEqual([issued.id]);
    expect(await fixture.access.tokens.find(issued.id)).toMatchObject({
      name: 'laptop',
      client: 'npm/11',
      actions: null,
      expiresAt: null,
    });
  });

  it('leave no token behind when recording fails', async () => {
    const user = await fixture.user('failing');
    const principal = await fixture.authenticate(basic('failing', goodPassword));
    await expect(
      fixture.access.accounts.issueToken(principal, { name: 'x', kind: 'personal' }, failToRecord),
    ).rejects.toThrow('no event');
    expect(await fixture.access.tokens.list({ limit: 10 }, { userId: user.id })).toEqual([]);
  });

  it('end sessions by themselves after twelve hours', async () => {
    const principal = await fixture.authenticate(basic((await fixture.user('session')).name, goodPassword));
    const { id } = await fixture.access.accounts.issueToken(principal, { name: 'web', kind: 'session' });
    const row = await fixture.access.tokens.find(id);
    expect(row!.expiresAt!.getTime() - row!.createdAt.getTime()).toBe(12 * 3_600_000);
  });

  it('issue nothing to anonymous', async () => {
    await expect(
      fixture.access.accounts.issueToken(anonymousPrincipal, { name: 'x', kind: 'personal' }),
    ).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  describe('asked by a limited token', () => {
    const inOneHour = new Date(Date.now() + 3_600_000);
    const limited = async (name: string): Promise<Awaited<ReturnType<AccessFixture['authenticate']>>> => {
      const { secret } = await fixture.token(await fixture.user(name), {
        actions: ['read', 'publish'],
        repositoryPattern: 'team-*',
        expiresAt: inOneHour,
      });
      return fixture.authenticate(bearer(secret));
    };
    const issue = async (name: string, request: Partial<TokenRequest>): Promise<unknown> => {
      const { id } = await fixture.access.accounts.issueToken(await limited(name), {
        name: 'child',
        kind: 'personal',
        ...request,
      });
      return fixture.access.tokens.find(id);
    };

    it('pass its limits and its expiry on', async () =>
      expect(await issue('inherits', {})).toMatchObject({
        actions: ['read', 'publish'],
        repositoryPattern: 'team-*',
        expiresAt: inOneHour,
      }));

    it('may narrow them', async () =>
      expect(
        await issue('narrows', { actions: ['read'], expiresAt: new Date(inOneHour.getTime() - 1_000) }),
      ).toMatchObject({
        actions: ['read'],
        expiresAt: new Date(inOneHour.getTime() - 1_000),
      }));

    it.each<[string, Partial<TokenRequest>]>([
      ['more-actions', { actions: ['delete'] }],
      ['server-rights', { actions: ['read', 'system:users'] }],
      ['everywhere', { repositoryPattern: '*' }],
      ['elsewhere', { repositoryPattern: 'other' }],
    ])('refuse to widen them (%s)', async (name, request) => {
      await expect(issue(name, request)).rejects.toMatchObject({ code: 'forbidden' });
    });

    it('refuse when it was revoked a moment ago', async () => {
      const principal = await limited('late');
      await fixture.write(tx => fixture.access.tokens.revoke(tx, principal.limits!.tokenId!));
      await expect(
        fixture.access.accounts.issueToken(principal, { name: 'x', kind: 'personal' }),
      ).rejects.toMatchObject({ code: 'invalid-credentials' });
    });
  });

  it("revoke one's own token by its secret and nobody else's (A54)", async () => {
    const owner = await fixture.user('owner');
    const { secret } = await fixture.token(owner);
    const principal = await fixture.authenticate(bearer(secret));
    const other = await fixture.authenticate(basic((await fixture.user('other')).name, goodPassword));
    expect(await fixture.access.accounts.revokeToken(other, secret)).toBe(false);
    expect(await fixture.access.accounts.revokeToken(anonymousPrincipal, secret)).toBe(false);
    expect(await fixture.authenticate(bearer(secret))).toEqual(principal);
    expect(await fixture.access.accounts.revokeToken(principal, secret)).toBe(true);
    expect(await fixture.access.accounts.revokeToken(principal, secret)).toBe(false);
    await expect(fixture.authenticate(bearer(secret))).rejects.toMatchObject({ code: 'invalid-credentials' });
  });

  it("treat somebody else's token as a missing one (A54)", async () => {
    const { id } = await fixture.token(await fixture.user('mine'));
    const stranger = await fixture.user('stranger');
    expect(await fixture.access.tokens.find(id, { userId: stranger.id })).toBeUndefined();
    await expect(
      fixture.write(tx => fixture.access.tokens.revoke(tx, id, { userId: stranger.id })),
    ).rejects.toMatchObject({ code: 'not-found' });
    expect(await fixture.access.tokens.list({ limit: 10 }, { userId: stranger.id })).toEqual([]);
  });
});
