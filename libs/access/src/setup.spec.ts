import { readFile, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '#testing';
import { AccessFixture, basic, goodPassword } from '../test/fixture.js';

const address = '192.0.2.1';
const administrator = { name: 'ada', password: goodPassword };

describe('set-up', () => {
  let test: TestDatabase;
  let fixture: AccessFixture;

  beforeEach(async () => {
    test = await createTestDatabase();
    fixture = await AccessFixture.start(test.database);
  });
  afterEach(async () => {
    await fixture.stop();
    await test.stop();
  });

  const { setup, code } = {
    setup: () => fixture.access.setup,
    code: async () => (await readFile(fixture.access.setup.codePath, 'utf8')).trim(),
  };

  it('writes a code that only the owner of the data folder can read, and keeps it over a restart', async () => {
    const prepared = await setup().prepareCode();
    expect(prepared).toEqual({ path: setup().codePath, expiresAt: new Date(fixture.clock.now() + 24 * 3_600_000) });
    expect((await stat(prepared!.path)).mode & 0o777).toBe(0o600);
    const written = await code();
    await setup().prepareCode();
    expect(await code()).toBe(written);
  });

  it('makes the first administrator, once', async () => {
    await setup().prepareCode();
    const written = await code();
    const recorded: string[] = [];
    const user = await setup().complete(
      { code: ` ${written}\n`, address },
      administrator,
      async (_, row) => void recorded.push(row.name),
    );
    expect(recorded).toEqual(['ada']);
    const principal = await fixture.authenticate(basic('ada', goodPassword));
    expect(principal.userId).toBe(user.id);
    expect(fixture.access.authorizer.authorize(principal, 'system:users', {})).toMatchObject({ allow: true });
    await expect(stat(setup().codePath)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(setup().complete({ code: written, address }, { ...administrator, name: 'eve' })).rejects.toMatchObject(
      { code: 'conflict' },
    );
    expect(await setup().prepareCode()).toBeNull();
  });

  it('lets one of two win who hold the code at once', async () => {
    await setup().prepareCode();
    const written = await code();
    const results = await Promise.allSettled(
      ['one', 'two'].map(name => setup().complete({ code: written, address }, { name, password: goodPassword })),
    );
    expect(results.map(result => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await fixture.access.users.list({ limit: 10 })).toHaveLength(1);
  });

  it('replaces an expired code and refuses it', async () => {
    await setup().prepareCode();
    const written = await code();
    fixture.clock.advance(24 * 3_600_000);
    await expect(setup().complete({ code: written, address }, administrator)).rejects.toMatchObject({
      code: 'invalid-credentials',
    });
    const replaced = await code();
    expect(replaced).not.toBe(written);
    expect(await setup().complete({ code: replaced, address }, administrator)).toMatchObject({ name: 'ada' });
  });

  it('limits guesses like log-ins', async () => {
    await setup().prepareCode();
    for (let i = 0; i < 10; i++) {
      await expect(setup().complete({ code: `setup-0-${i}`, address }, administrator)).rejects.toMatchObject({
        code: 'invalid-credentials',
      });
    }
    await expect(setup().complete({ code: await code(), address }, administrator)).rejects.toMatchObject({
      code: 'rate-limited',
    });
    expect(await setup().isDone()).toBe(false);
  });

  it('refuses a bad password and stays open', async () => {
    await setup().prepareCode();
    await expect(
      setup().complete({ code: await code(), address }, { ...administrator, password: 'password1234' }),
    ).rejects.toMatchObject({
      code: 'invalid-request',
    });
    expect(await setup().complete({ code: await code(), address }, administrator)).toMatchObject({ name: 'ada' });
  });

  it('makes the user admin from the settings, only when nobody exists', async () => {
    const results = await Promise.all([
      setup().ensureAdmin('chosen-by-the-operator'),
      setup().ensureAdmin('chosen-by-the-operator'),
    ]);
    expect(results.filter(user => user !== null)).toHaveLength(1);
    const principal = await fixture.authenticate(basic('admin', 'chosen-by-the-operator'));
    expect(fixture.access.authorizer.authorize(principal, 'system:users', {})).toMatchObject({ allow: true });
    expect(await setup().ensureAdmin('another-password')).toBeNull();
    expect(await setup().prepareCode()).toBeNull();
  });
});
