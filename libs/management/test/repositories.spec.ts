import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { ApiClient, type Received } from './api-client.js';
import { pushImage } from './push-image.js';

let server: TestServer;
let admin: ApiClient;

beforeAll(async () => {
  server = await startTestServer();
  admin = new ApiClient(server.url).as(server.admin);
});
afterAll(() => server.stop());

describe('repositories', () => {
  it('have the kinds of their format only', async () => {
    expect((await admin.post('/repositories', { name: 'a', format: 'npm', kind: 'proxy' })).body.code).toBe(
      'invalid-request',
    );
  });

  it('are created with the defaults of their format, read, and removed repeatably', async () => {
    const created = await admin.post('/repositories', { name: 'images', format: 'oci' });
    expect(created.body).toMatchObject({
      name: 'images',
      kind: 'hosted',
      url: `${server.url}/v2/images`,
      settings: { overwritePolicy: 'never', tagRules: expect.arrayContaining([{ tag: '@version', mode: 'fixed' }]) },
    });
    expect(created.headers.get('location')).toBe('/api/v1/repositories/images');
    expect((await admin.get('/repositories/images')).body).toEqual(created.body);
    expect((await admin.get('/repositories?format=oci')).body.items).toEqual([created.body]);
    expect((await admin.delete('/repositories/images')).status).toBe(204);
    expect((await admin.delete('/repositories/images')).status).toBe(204);
    expect((await admin.get('/repositories/images')).status).toBe(404);
    expect((await admin.post('/repositories', { name: 'images', format: 'oci' })).status).toBe(201);
  });

  it.each([
    [{ format: 'npm' }, '/name', 'required'],
    [{ name: 'a', format: 'cobol' }, '/format', 'invalid-value'],
    [{ name: 'a', format: 'npm', kind: 'mirror' }, '/kind', 'invalid-value'],
    [
      { name: 'a', format: 'npm', settings: { overwritePolicy: 'sometimes' } },
      '/settings/overwritePolicy',
      'invalid-value',
    ],
    [{ name: 'a', format: 'npm', settings: { colour: 1 } }, '/settings/colour', 'unknown-field'],
    [
      { name: 'a', format: 'npm', settings: { tagRules: [{ tag: '', mode: 'fixed' }] } },
      '/settings/tagRules/0/tag',
      'too-small',
    ],
    [{ name: 'a', format: 'npm', settings: { tagRules: [{ tag: 'a\u0000', mode: 'fixed' }] } }, '/settings', 'custom'],
    [{ name: 'a', format: 'npm', id: 7 }, '/id', 'unknown-field'],
    [{ name: 'a', format: 'npm', createdBy: 'root' }, '/createdBy', 'unknown-field'],
  ])('refuse %j with the place of the fault', async (body, pointer, code) => {
    const refused = await admin.post('/repositories', body);
    expect(refused.body).toMatchObject({ status: 400, code: 'invalid-request' });
    expect(refused.body.errors).toMatchObject([{ in: 'body', pointer, code }]);
    expect((await admin.get('/repositories/a')).status).toBe(404);
  });

  it.each(['../etc', 'a/b', '', 'a'.repeat(64), '-a', 'a b', 'ä'])('refuse the name %j', async name => {
    expect((await admin.post('/repositories', { name, format: 'npm' })).status).toBe(400);
  });

  it('have names that are unique without regard to case, and lower case for images', async () => {
    expect((await admin.post('/repositories', { name: 'Mixed', format: 'npm' })).status).toBe(201);
    expect((await admin.post('/repositories', { name: 'mixed', format: 'npm' })).body.code).toBe('conflict');
    expect((await admin.post('/repositories', { name: 'Images2', format: 'oci' })).body.code).toBe('invalid-name');
  });

  it('may have the name of a format or of a route', async () => {
    for (const name of ['npm', 'api', 'v1', 'repositories', 'repository', 'constructor']) {
      expect((await admin.post('/repositories', { name, format: 'npm' })).status).toBe(201);
      expect((await admin.get(`/repositories/${name}`)).body.name).toBe(name);
    }
  });

  it('change by merge patch, guarded by If-Match', async () => {
    const created = await admin.post('/repositories', {
      name: 'changing',
      format: 'npm',
      settings: { tagRules: [{ tag: 'a', mode: 'fixed' }] },
    });
    const etag = created.headers.get('etag')!;
    const changed = await admin.patch(
      '/repositories/changing',
      { settings: { overwritePolicy: 'always' } },
      { headers: { 'If-Match': etag } },
    );
    expect(changed.body.settings).toMatchObject({ overwritePolicy: 'always', tagRules: [{ tag: 'a', mode: 'fixed' }] });
    expect(changed.headers.get('etag')).not.toBe(etag);
    const late = await admin.patch(
      '/repositories/changing',
      { settings: { overwritePolicy: 'never' } },
      { headers: { 'If-Match': etag } },
    );
    expect(late.body).toMatchObject({ status: 412, code: 'precondition-failed' });
    expect((await admin.delete('/repositories/changing', { headers: { 'If-Match': etag } })).status).toBe(412);
    const reset = await admin.patch('/repositories/changing', { settings: { tagRules: null, overwritePolicy: null } });
    expect(reset.body.settings).toMatchObject({ overwritePolicy: 'never', tagRules: [] });
    const wrong = await admin.patch('/repositories/changing', {
      settings: { tagRules: [{ tag: 'a', mode: 'frozen' }] },
    });
    expect(wrong.body.errors).toMatchObject([{ pointer: '/settings/tagRules/0/mode' }]);
    expect((await admin.patch('/repositories/changing', { name: 'other', settings: {} })).body.errors).toMatchObject([
      { pointer: '/name' },
    ]);
  });

  it('let exactly one of two changes made from the same state through', async () => {
    const created = await admin.post('/repositories', { name: 'contested', format: 'npm' });
    const change = (overwritePolicy: string): Promise<Received> =>
      admin.patch(
        '/repositories/contested',
        { settings: { overwritePolicy } },
        { headers: { 'If-Match': created.headers.get('etag')! } },
      );
    const answers = await Promise.all([change('always'), change('snapshots-only'), change('always')]);
    expect(answers.map(answer => answer.status).toSorted()).toEqual([200, 412, 412]);
  });

  it('take their packages with them, and a new one of the same name begins empty', async () => {
    await server.createRepository('passing', 'oci');
    await pushImage(server.url, server.admin.token, {
      repository: 'passing',
      name: 'app',
      tag: 'latest',
      content: 'x',
    });
    const [before] = (await admin.get('/packages?repository=passing')).body.items;
    expect((await admin.delete('/repositories/passing')).status).toBe(204);
    expect((await admin.post('/repositories', { name: 'passing', format: 'oci' })).status).toBe(201);
    for (const path of [
      `/packages/${before.id}`,
      `/packages/${before.id}/versions`,
      `/packages/${before.id}/tags/latest/history`,
    ]) {
      expect((await admin.get(path)).status).toBe(404);
    }
    expect((await admin.get('/packages?repository=passing')).body.items).toEqual([]);
    expect((await admin.get('/search?name=app&repository=passing')).body.items).toEqual([]);
  });

  it('are not read again while nothing has changed', async () => {
    const first = await admin.get('/repositories/changing');
    const again = await admin.get('/repositories/changing', {
      headers: { 'If-None-Match': first.headers.get('etag')! },
    });
    expect([again.status, again.body]).toEqual([304, undefined]);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
  });

  it('leave an event for each change', async () => {
    const { items } = (await admin.get('/audit-events?repository=changing')).body;
    expect(items.map((event: { action: string }) => event.action)).toEqual([
      'repository.change',
      'repository.change',
      'repository.create',
    ]);
    expect(items[1]).toMatchObject({
      principalName: 'admin',
      before: { overwritePolicy: 'never' },
      after: { overwritePolicy: 'always' },
    });
  });
});

describe('formats', () => {
  it('come with the schema of their settings and with snippets', async () => {
    const { items } = (await new ApiClient(server.url).get('/formats')).body;
    const npm = items.find((format: { name: string }) => format.name === 'npm');
    expect(npm.settingsSchema.properties).toHaveProperty('overwritePolicy');
    expect(npm.snippets.length).toBeGreaterThan(0);
    expect(JSON.stringify(npm.snippets)).toContain('REPOSITORY');
  });
});
