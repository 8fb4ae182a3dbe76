import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestServer } from '#testing';
import { NpmClient } from './npm-client.js';
import { publishDocument } from './publish-document.js';
import { publish, startNpm, tagsOf } from './start-npm.js';

let server: TestServer;
let client: NpmClient;

beforeAll(async () => {
  ({ server, client } = await startNpm());
});

afterAll(() => server.stop());

function login(user: string, body: unknown) {
  return new NpmClient(client.base).put(`/-/user/org.couchdb.user:${user}`, body);
}

describe('dist-tags', () => {
  it('are added, listed and removed, also in the old way', async () => {
    await publish(client, '@acme/tags', '1.0.0');
    const path = '/-/package/@acme%2ftags/dist-tags';
    for (const body of ['"1.0.0"', '1.0.0']) {
      const added = await client.send('PUT', `${path}/beta`, { body });
      expect([added.status, added.json]).toEqual([201, { ok: true, 'dist-tags': { beta: '1.0.0', latest: '1.0.0' } }]);
    }
    expect((await client.send('PUT', '/@acme%2ftags/old', { body: '"1.0.0"' })).status).toBe(201);
    expect((await client.delete(`${path}/beta`)).json).toMatchObject({ ok: true });
    expect(await tagsOf(client, '@acme/tags')).toEqual({ latest: '1.0.0', old: '1.0.0' });
  });

  it.each([
    ['PUT', 'beta', '"9.0.0"', 404],
    ['PUT', 'beta', '', 400],
    ['PUT', 'beta', '{}', 400],
    ['PUT', '1.x', '"1.0.0"', 400],
    ['DELETE', 'latest', undefined, 403],
    ['DELETE', 'missing', undefined, 404],
  ])('%s %s with %j is answered %i', async (method, tag, body, status) => {
    await publish(client, 'ruled', '1.0.0');
    const answer = await client.send(method, `/-/package/ruled/dist-tags/${tag}`, body === undefined ? {} : { body });
    expect([answer.status, answer.json.error]).toEqual([status, expect.stringMatching(/./)]);
  });
});

describe('deprecating', () => {
  it('sets and clears the message and changes nothing else', async () => {
    await publish(client, 'aged', '1.0.0');
    await publish(client, 'aged', '2.0.0');
    const { json } = await client.get('/aged?write=true');
    const versions = { '1.0.0': { name: 'aged', version: '1.0.0', deprecated: 'use 2', dependencies: { evil: '1' } } };
    expect((await client.put('/aged', { ...json, versions })).json).toMatchObject({
      ok: true,
      rev: expect.any(String),
    });
    for (const accept of ['application/json', 'application/vnd.npm.install-v1+json']) {
      const changed = (await client.get('/aged', { accept })).json.versions as Record<string, Record<string, unknown>>;
      expect(Object.keys(changed)).toEqual(['1.0.0', '2.0.0']);
      expect([changed['1.0.0']?.deprecated, changed['1.0.0']?.dependencies, changed['2.0.0']?.deprecated]).toEqual([
        'use 2',
        undefined,
        undefined,
      ]);
    }
    versions['1.0.0'].deprecated = '';
    await client.put('/aged', { ...json, versions });
    expect((await client.get('/aged/1.0.0')).json.deprecated).toBeUndefined();
  });

  it('refuses messages that are no text or too long', async () => {
    await publish(client, 'aging', '1.0.0');
    for (const deprecated of [5, {}, 'x'.repeat(2000)]) {
      const answer = await client.put('/aging', { name: 'aging', versions: { '1.0.0': { deprecated } } });
      expect(answer.status).toBe(400);
    }
  });
});

describe('unpublishing', () => {
  it('removes one version, moves latest, and keeps the version taken', async () => {
    for (const version of ['1.0.0', '1.1.0', '2.0.0-rc.1', '2.0.0']) await publish(client, 'gone', version);
    const { json } = await client.get('/gone?write=true');
    const versions = { ...(json.versions as Record<string, unknown>) };
    delete versions['2.0.0'];
    const rest = { ...json, versions, 'dist-tags': {} };
    expect((await client.put(`/gone/-rev/1-stale`, rest)).status).toBe(409);
    expect((await client.put(`/gone/-rev/${String(json._rev)}`, rest)).status).toBe(200);
    expect(await tagsOf(client, 'gone')).toEqual({ latest: '1.1.0' });
    expect((await client.get('/gone/-/gone-2.0.0.tgz')).status).toBe(404);
    const current = (await client.get('/gone?write=true')).json;
    expect((await client.delete(`/gone/-/gone-2.0.0.tgz/-rev/${String(current._rev)}`)).json).toEqual({ ok: true });
    const again = await client.put('/gone', publishDocument({ name: 'gone', version: '2.0.0' }));
    expect([again.status, again.json.error]).toEqual([
      403,
      expect.stringMatching(/^Version 2\.0\.0 was unpublished and cannot be used again\./),
    ]);
  });

  it('removes the whole package', async () => {
    await publish(client, 'all-gone', '1.0.0');
    const { json } = await client.get('/all-gone?write=true');
    expect((await client.delete(`/all-gone/-rev/${String(json._rev)}`)).json).toEqual({ ok: true });
    expect((await client.get('/all-gone')).status).toBe(404);
    expect((await client.delete('/all-gone/-rev/1-x')).status).toBe(404);
  });

  it('does not take a document about owners for one without versions', async () => {
    await publish(client, 'owned', '1.0.0');
    const { json } = await client.get('/owned');
    for (const name of ['owned', undefined]) {
      const document = { _id: 'owned', name, _rev: json._rev, maintainers: [{ name: 'eve', email: '' }] };
      expect((await client.put(`/owned/-rev/${String(json._rev)}`, document)).status).toBe(400);
    }
    expect((await client.get('/owned')).status).toBe(200);
  });

  it('refuses a document with a version that was never there', async () => {
    await publish(client, 'kept', '1.0.0');
    const { json } = await client.get('/kept?write=true');
    const answer = await client.put(`/kept/-rev/${String(json._rev)}`, {
      name: 'kept',
      versions: { '1.0.0': {}, '9.0.0': {} },
    });
    expect(answer.status).toBe(400);
  });
});

describe('signing in', () => {
  it('gives a token for name and password, and ends it', async () => {
    const ann = await server.createUser('ann', [{ role: 'reader', repository: 'packages' }]);
    const answer = await login('ann', {
      _id: 'org.couchdb.user:ann',
      name: 'ann',
      password: ann.password,
      type: 'user',
    });
    expect(answer.status).toBe(201);
    const session = new NpmClient(client.base, `Bearer ${String(answer.json.token)}`);
    expect((await session.get('/-/whoami')).json).toEqual({ username: 'ann' });
    expect((await session.delete(`/-/user/token/${String(answer.json.token)}`)).status).toBe(200);
    expect((await session.get('/-/whoami')).status).toBe(401);
  });

  it('cannot be told a wrong password from an unknown name', async () => {
    await server.createUser('bob');
    const wrong = await login('bob', { name: 'bob', password: 'not the password' });
    const unknown = await login('nobody', { name: 'nobody', password: 'not the password' });
    for (const answer of [wrong, unknown]) {
      expect([answer.status, answer.json.error]).toEqual([401, 'Incorrect username or password.']);
      expect(answer.headers.get('www-authenticate')).toBeNull();
    }
  });

  it('refuses a body for another name', async () => {
    expect((await login('ann', { name: 'bob', password: 'x' })).status).toBe(400);
  });
});
