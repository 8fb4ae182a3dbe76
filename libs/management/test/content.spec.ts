import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { ApiClient } from './api-client.js';
import { pushImage } from './push-image.js';

let server: TestServer;
let admin: ApiClient;
let packageId: string;
const digests: Record<string, string> = {};

async function push(tag: string, content: string, name = 'team/app'): Promise<string> {
  return pushImage(server.url, server.admin.token, { repository: 'images', name, tag, content });
}

beforeAll(async () => {
  server = await startTestServer();
  admin = new ApiClient(server.url).as(server.admin);
  await server.createRepository('images', 'oci');
  digests['one'] = await push('1.0.0', 'one');
  digests['two'] = await push('latest', 'two');
  packageId = (await admin.get('/packages?repository=images&name=team/app')).body.items[0].id;
});
afterAll(() => server.stop());

describe('packages and versions', () => {
  it('are found by repository and name', async () => {
    const { body } = await admin.get(`/packages/${packageId}`);
    expect(body).toMatchObject({ repository: 'images', format: 'oci', name: 'team/app', versionCount: 2 });
    expect((await admin.get('/packages?format=npm')).body.items).toEqual([]);
  });

  it('list versions with sizes and files, page by page', async () => {
    const first = await admin.get(`/packages/${packageId}/versions?limit=1`);
    expect(first.body.items).toMatchObject([
      { version: digests['two'], publishedBy: 'admin', states: {}, package: 'team/app' },
    ]);
    const next = /<\/api\/v1(.*)>; rel="next"/.exec(first.headers.get('link') ?? '')![1]!;
    const second = await admin.get(next);
    expect(second.body.items).toMatchObject([{ version: digests['one'] }]);
    expect(second.body.nextCursor).toBeUndefined();
    const version = first.body.items[0];
    const files = (await admin.get(`/versions/${version.id}/files`)).body.items;
    expect(files).toHaveLength(3);
    expect(files.some((file: { digest: string }) => file.digest === digests['two'])).toBe(true);
    expect(version.sizeBytes).toBe(files.reduce((sum: number, file: { sizeBytes: number }) => sum + file.sizeBytes, 0));
    expect((await admin.get(`/versions/${version.id}`)).body.metadata).toBeInstanceOf(Object);
  });

  it('are yanked and deprecated with a reason, and that is taken back', async () => {
    const id = await versionId(digests['one']!);
    const marked = await admin.patch(`/versions/${id}`, {
      states: { deprecated: { reason: 'use two' }, unlisted: {} },
    });
    expect(marked.body.states).toMatchObject({
      deprecated: { reason: 'use two', changedBy: 'admin' },
      unlisted: { reason: '' },
    });
    const cleared = await admin.patch(`/versions/${id}`, { states: { deprecated: null } });
    expect(Object.keys(cleared.body.states)).toEqual(['unlisted']);
    expect(
      (await admin.patch(`/versions/${id}`, { states: { yanked: { reason: 'two\nlines' } } })).body.states.yanked
        .reason,
    ).toBe('two\nlines');
    for (const states of [{ yanked: { reason: 'a\u0000' } }, { quarantined: {} }, { yanked: true }]) {
      expect((await admin.patch(`/versions/${id}`, { states })).body.code).toBe('invalid-request');
    }
  });

  it('are removed repeatably, and stay removed', async () => {
    const digest = await push('gone', 'gone', 'team/removable');
    const id = await versionId(digest, 'team/removable');
    const place = (await admin.get(`/versions/${id}`)).body;
    expect((await admin.delete(`/versions/${id}`)).status).toBe(204);
    expect((await admin.delete(`/versions/${id}`)).status).toBe(204);
    expect((await admin.get(`/versions/${id}`)).status).toBe(404);
    expect((await admin.delete(`/packages/${place.packageId}`)).status).toBe(204);
    expect((await admin.delete(`/packages/${place.packageId}`)).status).toBe(204);
    expect((await admin.get(`/packages/${place.packageId}`)).status).toBe(404);
  });

  it('are found by name, version and digest', async () => {
    expect((await admin.get('/search?name=APP')).body.items).toMatchObject([
      { package: 'team/app', version: digests['two'] },
    ]);
    expect((await admin.get(`/search?version=${digests['one']}`)).body.items).toMatchObject([
      { package: 'team/app', version: digests['one'] },
    ]);
    expect((await admin.get(`/search?digest=${digests['one']}`)).body.items).toMatchObject([
      { package: 'team/app', file: { digest: digests['one'] } },
    ]);
    expect((await admin.get('/search')).body.errors).toMatchObject([{ in: 'query', pointer: '/name' }]);
  });
});

describe('tags', () => {
  it('move, roll back and tell their history', async () => {
    const path = `/packages/${packageId}/tags/stable`;
    expect((await admin.put(path, { version: digests['one'] })).body).toMatchObject({
      name: 'stable',
      version: digests['one'],
      movedBy: 'admin',
    });
    expect((await admin.post(`${path}/rollback`)).body.code).toBe('conflict');
    expect((await admin.put(path, { version: digests['two'] })).body.version).toBe(digests['two']);
    expect((await admin.post(`${path}/rollback`)).body.version).toBe(digests['one']);
    expect((await admin.delete(path)).status).toBe(204);
    expect((await admin.delete(path)).status).toBe(204);
    expect((await admin.get(path)).status).toBe(404);
    const history = (await admin.get(`${path}/history`)).body.items;
    expect(history.map(({ from, to, by }: Record<string, string>) => [from, to, by])).toEqual([
      [digests['one'], null, 'admin'],
      [digests['two'], digests['one'], 'admin'],
      [digests['one'], digests['two'], 'admin'],
      [null, digests['one'], 'admin'],
    ]);
    expect((await admin.post(`${path}/rollback`)).body.version).toBe(digests['one']);
  });

  it('that are fixed are refused with the rule, the holder and the way out', async () => {
    const refused = await admin.put(`/packages/${packageId}/tags/1.0.0`, { version: digests['two'] });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'tag-fixed' });
    expect(refused.body.detail).toContain(
      `Tag 1.0.0 is fixed by the tag rule @version and already points at ${digests['one']}`,
    );
    expect(refused.body.detail).toContain('images');
    const decision = (await admin.get(`/decisions/${refused.body.decisionId}`)).body;
    expect(decision).toMatchObject({ code: 'tag-fixed', rule: 'tag-rule:@version', method: 'PUT', principal: 'admin' });
    expect(decision.steps.map((step: { step: string }) => step.step)).toEqual(
      expect.arrayContaining(['authenticate', 'route', 'policy']),
    );
  });

  it('that are guarded move only with the right to manage', async () => {
    await server.createRepository('guarded', 'oci', { tagRules: [{ tag: 'stable', mode: 'guarded' }] });
    const publisher = await server.createUser('pia', [{ role: 'publisher', repository: 'guarded' }]);
    const manager = await server.createUser('mia', [{ role: 'maintainer', repository: 'guarded' }]);
    const push = (tag: string): Promise<string> =>
      pushImage(server.url, publisher.token, { repository: 'guarded', name: 'app', tag, content: tag });
    const [first, second] = [await push('stable'), await push('next')];
    const [{ id }] = (await admin.get('/packages?repository=guarded')).body.items;
    const refused = await admin.as(publisher).put(`/packages/${id}/tags/stable`, { version: second });
    expect(refused.body).toMatchObject({ status: 403, code: 'tag-guarded' });
    expect(refused.body.detail).toContain(`already points at ${first}`);
    expect((await admin.as(publisher).get(`/decisions/${refused.body.decisionId}`)).body.rule).toBe('tag-rule:stable');
    const moved = await admin.as(manager).put(`/packages/${id}/tags/stable`, { version: second });
    expect(moved.body).toMatchObject({ version: second, movedBy: 'mia' });
  });

  it('are listed by name and point only at versions that are there', async () => {
    const names = (await admin.get(`/packages/${packageId}/tags`)).body.items.map((tag: { name: string }) => tag.name);
    expect(names).toEqual(expect.arrayContaining(['1.0.0', 'latest']));
    expect((await admin.put(`/packages/${packageId}/tags/new`, { version: `sha256:${'0'.repeat(64)}` })).status).toBe(
      404,
    );
    expect((await admin.get(`/packages/${packageId}/tags/new/history`)).status).toBe(404);
  });
});

async function versionId(digest: string, name = 'team/app'): Promise<string> {
  const { items } = (await admin.get(`/search?version=${digest}&name=${encodeURIComponent(name)}`)).body;
  return items[0].versionId;
}
