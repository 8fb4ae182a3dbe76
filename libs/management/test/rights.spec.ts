import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { ApiClient, type Received } from './api-client.js';
import { pushImage } from './push-image.js';

let server: TestServer;
let anonymous: ApiClient;
let admin: ApiClient;
/** Reads `open-images` and nothing else. */
let alice: ApiClient;
/** Reads only `team/*` in `secret-images`. */
let bob: ApiClient;
let digest: string;
const secret = { package: '', version: '', otherPackage: '' };

beforeAll(async () => {
  server = await startTestServer();
  anonymous = new ApiClient(server.url);
  admin = anonymous.as(server.admin);
  for (const repository of ['open-images', 'secret-images']) await server.createRepository(repository, 'oci');
  alice = anonymous.as(await server.createUser('alice', [{ role: 'reader', repository: 'open-images' }]));
  bob = anonymous.as(
    await server.createUser('bob', [{ role: 'reader', repository: 'secret-images', names: 'team/*' }]),
  );
  const push = (repository: string, name: string, content: string): Promise<string> =>
    pushImage(server.url, server.admin.token, { repository, name, tag: 'latest', content });
  await push('open-images', 'shown', 'shown');
  digest = await push('secret-images', 'hidden', 'hidden');
  await push('secret-images', 'team/app', 'team');
  const [hit] = (await admin.get('/search?name=hidden')).body.items;
  secret.package = hit.packageId;
  secret.version = hit.versionId;
  secret.otherPackage = (await admin.get('/search?name=team/app')).body.items[0].packageId;
});
afterAll(() => server.stop());

/** What a caller can see of an answer, without what differs between any two requests. */
function visible({ status, body }: Received): unknown {
  const { requestId: _requestId, decisionId: _decisionId, instance: _instance, ...rest } = body ?? {};
  return { status, ...rest };
}

describe('a user who may not read a repository', () => {
  const missing = '999999';

  it.each([
    ['its settings', '/repositories/secret-images', '/repositories/no-such-images'],
    ['a package', () => `/packages/${secret.package}`, `/packages/${missing}`],
    ['its versions', () => `/packages/${secret.package}/versions`, `/packages/${missing}/versions`],
    ['its tags', () => `/packages/${secret.package}/tags`, `/packages/${missing}/tags`],
    ['one tag', () => `/packages/${secret.package}/tags/latest`, `/packages/${missing}/tags/latest`],
    [
      'the history of a tag',
      () => `/packages/${secret.package}/tags/latest/history`,
      `/packages/${missing}/tags/latest/history`,
    ],
    ['a version', () => `/versions/${secret.version}`, `/versions/${missing}`],
    ['its files', () => `/versions/${secret.version}/files`, `/versions/${missing}/files`],
    ['the list of its packages', '/packages?repository=secret-images', '/packages?repository=no-such-images'],
    ['a package by name', '/packages?name=hidden', '/packages?name=no-such'],
    ['the search by name', '/search?name=hidden', '/search?name=no-such'],
    ['the search by version', () => `/search?version=${digest}`, `/search?version=sha256:${'0'.repeat(64)}`],
    ['the search by digest', () => `/search?digest=${digest}`, `/search?digest=sha256:${'0'.repeat(64)}`],
  ])('cannot tell %s from a missing one', async (_, hidden, absent) => {
    const path = typeof hidden === 'function' ? hidden() : hidden;
    expect((await admin.get(path)).status).toBe(200);
    for (const caller of [alice, anonymous])
      expect(visible(await caller.get(path))).toEqual(visible(await caller.get(absent)));
  });

  it.each([
    ['PATCH', '/repositories/secret-images', '/repositories/no-such-images', { settings: {} }],
    ['DELETE', '/repositories/secret-images', '/repositories/no-such-images', undefined],
    ['DELETE', () => `/packages/${secret.package}`, `/packages/${missing}`, undefined],
    ['PATCH', () => `/versions/${secret.version}`, `/versions/${missing}`, { states: { yanked: {} } }],
    ['DELETE', () => `/versions/${secret.version}`, `/versions/${missing}`, undefined],
    ['PUT', () => `/packages/${secret.package}/tags/latest`, `/packages/${missing}/tags/latest`, { version: 'x' }],
    ['DELETE', () => `/packages/${secret.package}/tags/latest`, `/packages/${missing}/tags/latest`, undefined],
    [
      'POST',
      () => `/packages/${secret.package}/tags/latest/rollback`,
      `/packages/${missing}/tags/latest/rollback`,
      undefined,
    ],
  ])('cannot %s it, nor learn by trying that it is there', async (method, hidden, absent, body) => {
    const path = typeof hidden === 'function' ? hidden() : hidden;
    for (const caller of [alice, anonymous]) {
      const refused = await caller.send(method, path, { body });
      expect([401, 404]).toContain(refused.status);
      expect(visible(refused)).toEqual(visible(await caller.send(method, absent, { body })));
    }
  });

  it('sees the others in lists and counts nothing of it', async () => {
    expect((await alice.get('/repositories')).body.items.map((item: { name: string }) => item.name)).toEqual([
      'open-images',
    ]);
    expect((await alice.get('/packages')).body.items.map((item: { name: string }) => item.name)).toEqual(['shown']);
    expect((await anonymous.get('/repositories')).body.items).toEqual([]);
    expect((await anonymous.get('/packages')).body.items).toEqual([]);
  });

  it('learns nothing from its decision either', async () => {
    const rules = [];
    for (const path of ['/repositories/secret-images', '/repositories/no-such-images']) {
      const { decisionId } = (await alice.get(path)).body;
      const own = (await alice.get(`/decisions/${decisionId}`)).body;
      expect(own.steps).toBeUndefined();
      rules.push(own.rule);
      expect((await bob.get(`/decisions/${decisionId}`)).status).toBe(404);
      expect((await admin.get(`/decisions/${decisionId}`)).body.steps.length).toBeGreaterThan(0);
    }
    expect(rules).toEqual([null, null]);
  });
});

describe('a user who may read some names of a repository', () => {
  it('sees the repository and those names only', async () => {
    expect((await bob.get('/repositories')).body.items.map((item: { name: string }) => item.name)).toEqual([
      'secret-images',
    ]);
    expect((await bob.get('/packages')).body.items.map((item: { name: string }) => item.name)).toEqual(['team/app']);
    expect((await bob.get(`/packages/${secret.otherPackage}`)).status).toBe(200);
    expect((await bob.get(`/packages/${secret.package}`)).status).toBe(404);
    expect((await bob.get(`/search?digest=${digest}`)).body.items).toEqual([]);
    expect((await bob.get('/search?name=e')).body.items.map((item: { package: string }) => item.package)).toEqual([
      'team/app',
    ]);
  });

  it('is told what is missing when it may see a thing but not change it', async () => {
    const path = `/packages/${secret.otherPackage}`;
    expect((await bob.delete(path)).status).toBe(403);
    expect((await bob.delete(`${path}/tags/latest`)).status).toBe(403);
    expect((await bob.patch('/repositories/secret-images', { settings: {} })).status).toBe(403);
    expect((await bob.delete('/repositories/secret-images')).status).toBe(403);
    for (const list of ['/users', '/roles', '/grants', '/tokens', '/audit-events'])
      expect((await bob.get(list)).status).toBe(403);
  });
});

describe('the limits of an access token', () => {
  it('hold in lists, reads and the search', async () => {
    const limited = (await admin.post('/me/tokens', { name: 'limited', repositoryPattern: 'open-*' })).body;
    const client = anonymous.as(limited);
    expect((await client.get('/packages')).body.items.map((item: { name: string }) => item.name)).toEqual(['shown']);
    expect((await client.get(`/packages/${secret.package}`)).status).toBe(404);
    expect((await client.get(`/search?digest=${digest}`)).body.items).toEqual([]);
    expect((await client.get('/users')).status).toBe(403);
    const basic = new ApiClient(server.url, `Basic ${Buffer.from(`admin:${limited.token}`).toString('base64')}`);
    expect((await basic.get('/packages')).body.items).toHaveLength(1);
  });

  it('hold for what the token creates', async () => {
    const reader = anonymous.as((await admin.post('/me/tokens', { name: 'reader', actions: ['read'] })).body);
    expect((await reader.post('/me/tokens', { name: 'wider', actions: ['publish'] })).status).toBe(403);
    expect((await reader.post('/me/tokens', { name: 'same' })).body.actions).toEqual(['read']);
    expect((await reader.delete(`/packages/${secret.package}`)).status).toBe(403);
  });
});

describe('everyone: read', () => {
  it('is one call and one to take it back', async () => {
    const grant = await admin.post('/grants', { subject: 'everyone', role: 'reader', repository: 'open-images' });
    expect(grant.status).toBe(201);
    expect((await anonymous.get('/packages')).body.items.map((item: { name: string }) => item.name)).toEqual(['shown']);
    expect((await anonymous.get('/packages')).headers.get('cache-control')).toBe('no-cache');
    expect((await anonymous.get('/repositories/secret-images')).status).toBe(401);
    expect((await admin.delete(`/grants/${grant.body.id}`)).status).toBe(204);
    expect((await anonymous.get('/packages')).body.items).toEqual([]);
  });
});
