import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actions } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import { AccessFixture } from '../test/fixture.js';
import type { NewGrant } from './grants.js';

const grant = (change: Partial<NewGrant>): NewGrant => ({
  subject: { kind: 'everyone' },
  role: 'reader',
  createdBy: 'test',
  ...change,
});

describe('users, roles and grants', () => {
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

  describe('users', () => {
    it.each(['', 'a:b', '-ada', 'a b', 'ädä', 'anonymous', 'System', 'x'.repeat(101), 'a\u0000b', '__token__'])(
      'cannot be named %j',
      async name => {
        await expect(fixture.write(tx => fixture.access.users.create(tx, { name }))).rejects.toMatchObject({
          code: 'invalid-name',
        });
      },
    );

    it('have names that are unique without regard to case, also after removal', async () => {
      const user = await fixture.user('Grace');
      await expect(fixture.user('grace')).rejects.toMatchObject({ code: 'conflict' });
      expect(await fixture.access.users.findByName('GRACE')).toEqual(user);
      await fixture.write(tx => fixture.access.users.remove(tx, user.id));
      expect(await fixture.access.users.findByName('grace')).toBeUndefined();
      await expect(fixture.user('grace')).rejects.toMatchObject({ code: 'conflict' });
    });

    it('are listed by name, page after page, without the removed', async () => {
      for (const name of ['page-c', 'Page-a', 'page-b']) await fixture.user(name);
      const first = await fixture.access.users.list({ after: 'page-', limit: 2 });
      expect(first.map(user => user.name)).toEqual(['Page-a', 'page-b']);
      const next = await fixture.access.users.list({ after: first[1]!.name, limit: 1 });
      expect(next.map(user => user.name)).toEqual(['page-c']);
    });

    it('change in what is given only', async () => {
      const user = await fixture.user('patched');
      await fixture.write(tx => fixture.access.users.patch(tx, user.id, { email: 'p@example.org', displayName: 'P' }));
      expect(await fixture.write(tx => fixture.access.users.patch(tx, user.id, { disabled: true }))).toMatchObject({
        email: 'p@example.org',
        displayName: 'P',
        disabledAt: expect.any(Date),
      });
      expect(
        await fixture.write(tx => fixture.access.users.patch(tx, user.id, { email: null, disabled: false })),
      ).toMatchObject({
        email: null,
        disabledAt: null,
      });
    });

    it.each(['plain', 'a@b\r\nBcc: c@d', 'a@b,c@d', '<a@b>'])(
      'cannot have the e-mail address %j (A46)',
      async email => {
        await expect(
          fixture.write(tx => fixture.access.users.create(tx, { name: 'mail', email })),
        ).rejects.toMatchObject({ code: 'invalid-request' });
      },
    );

    it.each(['0', '-1', 'x', '99999999999999999999', '1 or 1=1', ''])('are not found by the id %j', async id => {
      expect(await fixture.access.users.find(id)).toBeUndefined();
      await expect(fixture.write(tx => fixture.access.users.remove(tx, id))).rejects.toMatchObject({
        code: 'not-found',
      });
    });
  });

  describe('roles', () => {
    it('come with four that cannot be changed', async () => {
      const roles = (await fixture.access.roles.list({ limit: 50 })).filter(role => role.builtIn);
      expect(roles.map(role => role.name)).toEqual(['administrator', 'maintainer', 'publisher', 'reader']);
      expect([...roles[0]!.actions].sort()).toEqual([...actions].sort());
      await expect(fixture.write(tx => fixture.access.roles.remove(tx, roles[0]!.id))).rejects.toMatchObject({
        code: 'conflict',
      });
      await expect(
        fixture.write(tx => fixture.access.roles.patch(tx, roles[3]!.id, { actions: ['delete'] })),
      ).rejects.toMatchObject({ code: 'conflict' });
    });

    it('can be made, granted, changed and removed when no grant uses them', async () => {
      const role = await fixture.write(tx =>
        fixture.access.roles.create(tx, { name: 'tagger', actions: ['tag', 'read'] }),
      );
      expect(role.actions).toEqual(['read', 'tag']);
      await expect(
        fixture.write(tx => fixture.access.roles.create(tx, { name: 'tagger', actions: ['tag'] })),
      ).rejects.toMatchObject({ code: 'conflict' });
      const grant = await fixture.write(tx =>
        fixture.access.grants.create(tx, {
          subject: { kind: 'everyone' },
          role: 'tagger',
          repositoryPattern: 'r',
          createdBy: 'test',
        }),
      );
      await expect(fixture.write(tx => fixture.access.roles.remove(tx, role.id))).rejects.toMatchObject({
        code: 'conflict',
      });
      await expect(
        fixture.write(tx => fixture.access.roles.patch(tx, role.id, { actions: ['system:users'] })),
      ).rejects.toMatchObject({ code: 'conflict' });
      await fixture.write(tx => fixture.access.grants.remove(tx, grant.id));
      await fixture.write(tx => fixture.access.roles.remove(tx, role.id));
      expect(await fixture.access.roles.find(role.id)).toBeUndefined();
    });

    it.each([[[]], [['read', 'fly']], [['__proto__']]])('cannot have the actions %j', async given => {
      await expect(
        fixture.write(tx => fixture.access.roles.create(tx, { name: 'odd', actions: given })),
      ).rejects.toMatchObject({ code: 'invalid-request' });
    });
  });

  describe('grants', () => {
    it('given twice are one', async () => {
      const [first, second] = [
        await fixture.write(tx => fixture.access.grants.create(tx, grant({ repositoryPattern: 'once' }))),
        await fixture.write(tx => fixture.access.grants.create(tx, grant({ repositoryPattern: 'once' }))),
      ];
      expect(second).toEqual(first);
      expect(first).toMatchObject({
        subjectKind: 'everyone',
        roleName: 'reader',
        repositoryPattern: 'once',
        namePattern: '*',
        tagPattern: '*',
      });
    });

    it.each<[string, Partial<NewGrant>, string]>([
      ['an unknown role', { role: 'ruler' }, 'not-found'],
      ['an unknown user', { subject: { kind: 'user', userId: '999999' } }, 'not-found'],
      ['an id that is none', { subject: { kind: 'user', userId: 'x' } }, 'not-found'],
      ['administration for everyone', { role: 'administrator' }, 'invalid-request'],
      [
        'management for all who are signed in',
        { subject: { kind: 'signed-in' }, role: 'maintainer' },
        'invalid-request',
      ],
      ['an empty pattern', { namePattern: '' }, 'invalid-request'],
      ['a pattern with control characters', { tagPattern: 'a\u0000' }, 'invalid-request'],
    ])('are refused for %s', async (_, change, code) => {
      await expect(fixture.write(tx => fixture.access.grants.create(tx, grant(change)))).rejects.toMatchObject({
        code,
      });
    });

    it('are listed by whom they are for', async () => {
      const user = await fixture.user(
        'holder',
        { role: 'publisher', repositoryPattern: 'a' },
        { role: 'reader', repositoryPattern: 'b' },
      );
      const first = await fixture.access.grants.list({ limit: 1 }, { userId: user.id });
      const second = await fixture.access.grants.list({ after: first[0]!.id, limit: 5 }, { userId: user.id });
      expect([...first, ...second].map(row => [row.userName, row.roleName, row.repositoryPattern])).toEqual([
        ['holder', 'publisher', 'a'],
        ['holder', 'reader', 'b'],
      ]);
      await fixture.write(tx => fixture.access.users.remove(tx, user.id));
      expect(await fixture.access.grants.list({ limit: 5 }, { userId: user.id })).toEqual([]);
    });
  });

  it('never lose the last administrator, not even when two remove each other at once', async () => {
    const [one, two] = [
      await fixture.user('boss-1', { role: 'administrator' }),
      await fixture.user('boss-2', { role: 'administrator' }),
    ];
    const { users, grants } = fixture.access;
    const results = await Promise.allSettled([
      fixture.write(tx => users.remove(tx, one.id)),
      fixture.write(tx => users.remove(tx, two.id)),
    ]);
    expect(results.map(result => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    const last = (await users.find(one.id)) ?? two;
    const [held] = await grants.list({ limit: 1 }, { userId: last.id });
    await expect(fixture.write(tx => users.patch(tx, last.id, { disabled: true }))).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(fixture.write(tx => grants.remove(tx, held!.id))).rejects.toMatchObject({ code: 'conflict' });
  });
});
