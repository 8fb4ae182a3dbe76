import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { operationsOf } from '../src/openapi/operations-of.js';
import { apiControllers } from '../src/resources/controllers.js';
import { ApiClient } from './api-client.js';

let server: TestServer;
let admin: ApiClient;

beforeAll(async () => {
  server = await startTestServer();
  admin = new ApiClient(server.url).as(server.admin);
});
afterAll(() => server.stop());

describe('the description', () => {
  it('holds every route of the API with a unique operation id', async () => {
    const document = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as any;
    expect(document.openapi).toBe('3.1.0');
    const described = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
      Object.entries<any>(methods).map(
        ([method, operation]) => `${operation.operationId}: ${method.toUpperCase()} ${path}`,
      ),
    );
    const served = operationsOf(apiControllers).map(
      ({ id, method, path }) => `${id}: ${method} /api/v1${path.replaceAll(/:([A-Za-z]+)/g, '{$1}')}`,
    );
    expect(described.toSorted()).toEqual(served.toSorted());
    expect(new Set(Object.keys(document.components.schemas)).size).toBeGreaterThan(10);
  });

  it('has no reference that leads nowhere', async () => {
    const text = await (await fetch(`${server.url}/api/openapi.json`)).text();
    const { components } = JSON.parse(text) as { components: { schemas: object } };
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
      expect(components.schemas).toHaveProperty([name!]);
  });
});

describe('every operation that is not public', () => {
  it.each(
    operationsOf(apiControllers)
      .filter(operation => operation.action !== 'public')
      .map(({ method, path }) => [method, path] as const),
  )('asks for credentials at %s %s, without a Basic challenge', async (method, path) => {
    const refused = await new ApiClient(server.url).send(method, path.replaceAll(/:[A-Za-z]+/g, '1'), {});
    expect(refused.body).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="Larder"');
  });
});

describe('answers', () => {
  it('carry the request id of the client when it is harmless', async () => {
    const given = await admin.get('/me', { headers: { 'X-Request-Id': 'build-42' } });
    expect(given.headers.get('x-request-id')).toBe('build-42');
    const refused = await admin.get('/users/9', { headers: { 'X-Request-Id': 'a b"c' } });
    expect(refused.body.requestId).toMatch(/^[0-9a-z]{26}$/);
    expect(refused.headers.get('x-request-id')).toBe(refused.body.requestId);
  });

  it('are problems where nothing is, and name the methods where something else is', async () => {
    expect((await admin.get('/nothing')).body).toMatchObject({
      status: 404,
      code: 'not-found',
      instance: '/api/v1/nothing',
    });
    const wrong = await admin.put('/users', {});
    expect(wrong.body).toMatchObject({ status: 405, code: 'method-not-allowed' });
    expect(wrong.headers.get('allow')).toBe('GET, POST, HEAD');
    for (const path of [
      '/users/abc',
      '/users/1%00',
      '/packages/99999999999999999999',
      '/versions/-1',
      "/packages/1'",
    ]) {
      expect((await admin.get(path)).status).toBe(404);
    }
  });

  it('refuse bodies over 1 MiB, of too many levels, and in another type', async () => {
    const large = await admin.post('/roles', JSON.stringify({ name: 'a'.repeat(1024 * 1024) }));
    expect(large.body).toMatchObject({ status: 413, code: 'too-large' });
    const deep = await admin.post('/repositories', `{"settings":${'['.repeat(200)}${']'.repeat(200)}}`);
    expect(deep.body).toMatchObject({ status: 400, code: 'invalid-request' });
    const text = await admin.post('/roles', '{}', { headers: { 'Content-Type': 'text/plain' } });
    expect(text.body).toMatchObject({ status: 415, code: 'unsupported-media-type' });
  });

  it('describe each kind of problem at its type', async () => {
    const refused = await admin.get('/users/9');
    const described = await fetch(`${server.url}${refused.body.type}`);
    expect(await described.json()).toEqual({ code: 'not-found', status: 404, title: refused.body.title });
  });

  it('to HEAD have no body', async () => {
    const head = await fetch(`${server.url}/api/v1/formats`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
  });
});

describe('audit events', () => {
  it('are filtered, paged from the newest, and streamed from the oldest', async () => {
    for (const name of ['one', 'two', 'three']) await admin.post('/roles', { name, actions: ['read'] });
    const first = await admin.get('/audit-events?action=role.create&limit=2');
    expect(first.body.items.map((event: { after: { name: string } }) => event.after.name)).toEqual(['three', 'two']);
    const second = await admin.get(`/audit-events?action=role.create&limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body.items.map((event: { after: { name: string } }) => event.after.name)).toEqual(['one']);
    const streamed = await admin.get('/audit-events?action=role.create', {
      headers: { Accept: 'application/x-ndjson' },
    });
    expect(streamed.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (streamed.body as string)
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { after: { name: string } });
    expect(lines.map(event => event.after.name)).toEqual(['one', 'two', 'three']);
    expect((await admin.get('/audit-events?createdAfter=yesterday')).body.errors).toMatchObject([
      { in: 'query', pointer: '/createdAfter' },
    ]);
    expect((await admin.get('/audit-events?createdAfter=2999-01-01T00:00:00Z')).body.items).toEqual([]);
  });
});
