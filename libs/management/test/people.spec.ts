import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { ApiClient } from './api-client.js';

let server: TestServer;
let anonymous: ApiClient;
let admin: ApiClient;
const password = 'seven white horses in fog';

beforeAll(async () => {
  server = await startTestServer();
  anonymous = new ApiClient(server.url);
  admin = anonymous.as(server.admin);
});
afterAll(() => server.stop());

describe('set-up', () => {
  it('is locked once an administrator exists', async () => {
    expect((await anonymous.get('/setup')).body).toEqual({ completed: true });
    const attempt = await anonymous.post('/setup', { code: 'setup-x', name: 'mallory', password });
    expect(attempt.body).toMatchObject({ status: 409, code: 'conflict' });
  });

  it('makes the first administrator with the code from the data folder, once', async () => {
    const fresh = await startTestServer({ env: { LARDER_ADMIN_PASSWORD: '' } });
    try {
      const caller = new ApiClient(fresh.url);
      expect((await caller.get('/setup')).body).toEqual({ completed: false });
      expect((await caller.post('/setup', { code: 'guess', name: 'root', password })).body.code).toBe(
        'invalid-credentials',
      );
      const code = (await readFile(join(fresh.dataDir, 'setup-code'), 'utf8')).trim();
      const made = await caller.post('/setup', { code, name: 'root', password, everyoneMayRead: true });
      expect(made.body.user.name).toBe('root');
      const root = caller.as(made.body);
      expect((await root.get('/users')).body.items).toMatchObject([{ name: 'root' }]);
      expect((await root.get('/grants')).body.items).toMatchObject([
        { user: 'root' },
        { subject: 'everyone', role: 'reader', repository: '*' },
      ]);
      const events = (await root.get('/audit-events')).body.items.map((event: { action: string }) => event.action);
      expect(events).toEqual(expect.arrayContaining(['setup.complete', 'grant.create', 'session.create']));
      expect((await caller.post('/setup', { code, name: 'again', password })).body.code).toBe('conflict');
    } finally {
      await fresh.stop();
    }
  });
});

describe('sessions', () => {
  it('open with the password, work as a bearer token and end', async () => {
    const opened = await anonymous.post('/sessions', { name: server.admin.name, password: server.admin.password });
    expect(opened.headers.get('cache-control')).toBe('private, no-store');
    expect(Date.parse(opened.body.expiresAt)).toBeGreaterThan(Date.now());
    const session = anonymous.as(opened.body);
    expect((await session.get('/me')).body).toMatchObject({ name: 'admin' });
    const made = (await session.post('/me/tokens', { name: 'outlives' })).body;
    expect(made.expiresAt).toBeNull();
    expect((await session.delete('/sessions')).status).toBe(204);
    expect((await session.get('/me')).body).toMatchObject({ status: 401, code: 'invalid-credentials' });
    expect((await anonymous.as(made).get('/me')).status).toBe(200);
  });

  it('do not open with a wrong password, an unknown name or an access token, nor tell which it was', async () => {
    const wrong = await anonymous.post('/sessions', { name: 'admin', password: 'something else entirely' });
    const unknown = await anonymous.post('/sessions', { name: 'nobody', password: 'something else entirely' });
    expect(wrong.status).toBe(401);
    expect(unknown.body.detail).toBe(wrong.body.detail);
    expect((await anonymous.post('/sessions', { name: 'admin', password: server.admin.token })).status).toBe(401);
  });

  it('take no large body and no other type', async () => {
    const large = JSON.stringify({ name: 'a'.repeat(20_000), password: 'x' });
    expect((await anonymous.post('/sessions', large)).body).toMatchObject({ status: 413, code: 'too-large' });
    const form = await anonymous.post('/sessions', 'name=admin', {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(form.body.code).toBe('unsupported-media-type');
    expect((await anonymous.post('/sessions', '{"name":')).body.code).toBe('invalid-request');
    expect((await anonymous.post('/sessions', '{"__proto__":{"x":1},"name":"a","password":"b"}')).body.code).toBe(
      'invalid-request',
    );
  });

  it('are not what an access token signs out of', async () => {
    expect((await admin.delete('/sessions')).body.code).toBe('conflict');
  });
});

describe('my password', () => {
  it('is changed by whoever knows the present one, and ends the other sessions', async () => {
    const user = await server.createUser('holly');
    const here = await signIn('holly', user.password);
    const elsewhere = await signIn('holly', user.password);
    expect((await here.put('/me/password', { currentPassword: 'not the present one', password })).body.code).toBe(
      'invalid-credentials',
    );
    expect((await here.put('/me/password', { currentPassword: user.token, password })).body.code).toBe(
      'invalid-credentials',
    );
    expect((await here.put('/me/password', { currentPassword: user.password, password: 'short' })).body.code).toBe(
      'invalid-request',
    );
    expect((await here.put('/me/password', { currentPassword: user.password, password })).status).toBe(204);
    expect((await here.get('/me')).status).toBe(200);
    expect((await elsewhere.get('/me')).status).toBe(401);
    expect((await anonymous.post('/sessions', { name: 'holly', password: user.password })).status).toBe(401);
    expect((await (await signIn('holly', password)).get('/me')).body.name).toBe('holly');
  });
});

async function signIn(name: string, text: string): Promise<ApiClient> {
  return anonymous.as((await anonymous.post('/sessions', { name, password: text })).body);
}

describe('access tokens', () => {
  it('with limits are no key to the account', async () => {
    const limited = (await admin.post('/me/tokens', { name: 'limited', actions: ['read'] })).body;
    const other = (await admin.post('/me/tokens', { name: 'other' })).body;
    const client = anonymous.as(limited);
    expect((await client.get('/me/tokens')).status).toBe(403);
    expect((await client.delete(`/me/tokens/${other.id}`)).status).toBe(403);
    expect((await client.put('/me/password', { currentPassword: server.admin.password, password })).status).toBe(403);
    expect((await client.delete(`/me/tokens/${limited.id}`)).status).toBe(204);
    expect((await anonymous.as(other).get('/me')).status).toBe(200);
  });

  it('show their secret once, and are listed without it', async () => {
    const made = (
      await admin.post('/me/tokens', { name: 'ci', actions: ['read', 'publish'], repositoryPattern: 'npm-*' })
    ).body;
    expect(made).toMatchObject({
      name: 'ci',
      kind: 'personal',
      actions: ['read', 'publish'],
      repositoryPattern: 'npm-*',
    });
    const { items } = (await admin.get('/me/tokens?limit=1')).body;
    expect(items).toMatchObject([{ id: made.id, prefix: made.token.slice(0, 10) }]);
    expect(JSON.stringify(items)).not.toContain(made.token);
    const audit = await admin.get('/audit-events?action=token.create');
    expect(JSON.stringify(audit.body)).not.toContain(made.token.slice(10));
    expect((await anonymous.as(made).get('/me')).body.token).toMatchObject({ id: made.id, repositoryPattern: 'npm-*' });
  });

  it('end when they are revoked, repeatably', async () => {
    const made = (await admin.post('/me/tokens', { name: 'short' })).body;
    const client = anonymous.as(made);
    expect((await client.get('/me')).status).toBe(200);
    expect((await admin.delete(`/me/tokens/${made.id}`)).status).toBe(204);
    expect((await admin.delete(`/me/tokens/${made.id}`)).status).toBe(204);
    expect((await client.get('/me')).status).toBe(401);
  });

  it('of others look like missing ones to anybody but an administrator', async () => {
    const carol = anonymous.as(await server.createUser('carol'));
    const [own] = (await admin.get('/me/tokens')).body.items;
    const refused = await carol.delete(`/me/tokens/${own.id}`);
    expect(refused.body).toMatchObject({ status: 404, detail: (await carol.delete('/me/tokens/99999')).body.detail });
    const hers = (await carol.post('/me/tokens', { name: 'hers' })).body;
    expect((await admin.get('/tokens?limit=1')).body.items).toMatchObject([{ id: hers.id, user: 'carol' }]);
    expect((await admin.delete(`/tokens/${hers.id}`)).status).toBe(204);
    expect((await anonymous.as(hers).get('/me')).status).toBe(401);
  });

  it.each([
    [{}, '/name'],
    [{ name: 'x', actions: [] }, '/actions'],
    [{ name: 'x', actions: ['fly'] }, '/actions/0'],
    [{ name: 'x', expiresAt: 'tomorrow' }, '/expiresAt'],
    [{ name: 'x', expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt'],
    [{ name: 'x', kind: 'session' }, '/kind'],
    [{ name: 'x', userId: '1' }, '/userId'],
    [{ name: 'x\u0000' }, '/name'],
  ])('are not made from %j', async (body, pointer) => {
    expect((await admin.post('/me/tokens', body)).body.errors).toMatchObject([{ in: 'body', pointer }]);
  });
});

describe('users', () => {
  it('are created, changed, disabled and removed', async () => {
    const created = (await admin.post('/users', { name: 'dave', password, email: 'dave@example.org' })).body;
    expect((await admin.get(`/users/${created.id}`)).body).toEqual(created);
    expect((await admin.post('/users', { name: 'DAVE', password })).body.code).toBe('conflict');
    const session = anonymous.as((await anonymous.post('/sessions', { name: 'dave', password })).body);
    expect((await session.get('/me')).status).toBe(200);
    const changed = await admin.patch(`/users/${created.id}`, { displayName: 'Dave', email: null, disabled: true });
    expect(changed.body).toMatchObject({ name: 'dave', displayName: 'Dave', email: null, disabled: true });
    expect((await session.get('/me')).status).toBe(401);
    expect((await admin.delete(`/users/${created.id}`)).status).toBe(204);
    expect((await admin.delete(`/users/${created.id}`)).status).toBe(204);
    expect((await admin.get(`/users/${created.id}`)).status).toBe(404);
    const actions = (await admin.get('/audit-events')).body.items.map((event: { action: string }) => event.action);
    expect(actions).toEqual(expect.arrayContaining(['user.create', 'user.change', 'user.remove', 'session.create']));
    expect(JSON.stringify((await admin.get('/audit-events')).body)).not.toMatch(/argon2|seven white/);
  });

  it('sign in with a new password only, once it is changed', async () => {
    const created = (await admin.post('/users', { name: 'erin', password })).body;
    expect((await admin.patch(`/users/${created.id}`, { password: 'four black cats on snow' })).status).toBe(200);
    expect((await anonymous.post('/sessions', { name: 'erin', password })).status).toBe(401);
    expect((await anonymous.post('/sessions', { name: 'erin', password: 'four black cats on snow' })).status).toBe(201);
  });

  it.each([
    [{ name: 'x' }, '/password'],
    [{ name: 'x', password, id: '1' }, '/id'],
    [{ name: 'x', password, role: 'administrator' }, '/role'],
    [{ name: 'x', password, passwordHash: 'y' }, '/passwordHash'],
    [{ name: 'x', password, disabled: false }, '/disabled'],
  ])('are not made from %j', async (body, pointer) => {
    expect((await admin.post('/users', body)).body.errors).toMatchObject([{ pointer }]);
  });

  it('have no short password and no odd name', async () => {
    expect((await admin.post('/users', { name: 'frank', password: 'short' })).body.code).toBe('invalid-request');
    expect((await admin.post('/users', { name: 'a:b', password })).body.code).toBe('invalid-name');
  });

  it('are paged by name, and a cursor that was tampered with is refused', async () => {
    for (const name of ['zoe', 'yan']) await server.createUser(name);
    const seen: string[] = [];
    let path: string | undefined = '/users?limit=2';
    while (path) {
      const page = await admin.get(path);
      seen.push(...page.body.items.map((user: { name: string }) => user.name));
      path = /<\/api\/v1(.*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(['admin', 'yan', 'zoe']));
    for (const cursor of ['x', 'WyJhIiwiYiJd', '%00', 'eyJhIjoxfQ']) {
      expect((await admin.get(`/users?cursor=${cursor}`)).body.errors).toMatchObject([
        { in: 'query', pointer: '/cursor' },
      ]);
    }
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'limit=1&limit=2', 'colour=red']) {
      expect((await admin.get(`/users?${query}`)).body).toMatchObject({ status: 400, errors: [{ in: 'query' }] });
    }
  });

  it('always leave one administrator', async () => {
    const [row] = (await admin.get('/users?limit=1')).body.items;
    expect(row.name).toBe('admin');
    expect((await admin.delete(`/users/${row.id}`)).body.code).toBe('conflict');
    expect((await admin.patch(`/users/${row.id}`, { disabled: true })).body.code).toBe('conflict');
  });
});

describe('roles and grants', () => {
  it('are made, used and removed', async () => {
    const role = (await admin.post('/roles', { name: 'tagger', actions: ['read', 'tag'] })).body;
    expect((await admin.patch(`/roles/${role.id}`, { actions: ['read'] })).body.actions).toEqual(['read']);
    const user = await server.createUser('grace');
    const wanted = {
      subject: 'user',
      user: 'grace',
      role: 'tagger',
      repository: 'npm-*',
      name: '@acme/*',
      tag: 'beta',
    };
    const grant = (await admin.post('/grants', wanted)).body;
    expect(grant).toMatchObject(wanted);
    expect((await admin.post('/grants', wanted)).body.id).toBe(grant.id);
    expect((await admin.get(`/grants/${grant.id}`)).body).toEqual(grant);
    const { items } = (await admin.get('/audit-events?action=grant.create')).body;
    expect(items.filter((event: { after: { user: string } }) => event.after.user === user.name)).toHaveLength(1);
    expect((await admin.delete(`/roles/${role.id}`)).body.code).toBe('conflict');
    expect((await admin.delete(`/grants/${grant.id}`)).status).toBe(204);
    expect((await admin.delete(`/grants/${grant.id}`)).status).toBe(204);
    expect((await admin.delete(`/roles/${role.id}`)).status).toBe(204);
    expect((await admin.delete(`/roles/${role.id}`)).status).toBe(204);
  });

  it('keep the built-in roles and refuse to hand the server to a crowd', async () => {
    const roles = (await admin.get('/roles')).body.items as { id: string; name: string }[];
    const reader = roles.find(role => role.name === 'reader')!;
    expect((await admin.patch(`/roles/${reader.id}`, { actions: ['delete'] })).body.code).toBe('conflict');
    expect((await admin.delete(`/roles/${reader.id}`)).body.code).toBe('conflict');
    expect((await admin.post('/grants', { subject: 'everyone', role: 'administrator' })).status).toBe(400);
  });

  it.each([
    [{ subject: 'everyone' }, '/role'],
    [{ subject: 'user', role: 'reader' }, '/user'],
    [{ subject: 'everyone', user: 'admin', role: 'reader' }, '/user'],
    [{ subject: 'nobody', role: 'reader' }, '/subject'],
    [{ subject: 'everyone', role: 'reader', repository: '' }, '/repository'],
    [{ subject: 'everyone', role: 'reader', createdBy: 'root' }, '/createdBy'],
  ])('are not made from %j', async (body, pointer) => {
    expect((await admin.post('/grants', body)).body.errors).toMatchObject([{ pointer }]);
  });
});
