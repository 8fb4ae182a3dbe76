import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { pypi } from '../index.js';
import { basic, PypiClient } from './client.js';
import { demoMetadata, demoWheel, demoWheelName, publishDemo } from './demo.js';

describe('files and rights of a Python repository', () => {
  let server: TestServer;
  let client: PypiClient;

  beforeAll(async () => {
    server = await startTestServer({ formats: [pypi] });
    client = await publishDemo(server);
  }, 60_000);
  afterAll(() => server.stop(), 60_000);

  it('sends files whole and in ranges', async () => {
    const path = await client.pathOf('demo', demoWheelName);
    const whole = await client.get(path, { 'accept-encoding': 'gzip' });
    expect(whole.body).toEqual(demoWheel);
    expect(whole.headers).toMatchObject({
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    });
    expect(whole.headers['cache-control']).toContain('immutable');
    expect(whole.headers['content-disposition']).toContain(`attachment; filename="${demoWheelName}"`);
    expect(whole.headers['content-encoding']).toBeUndefined();
    const size = demoWheel.length;
    for (const [range, start, end] of [
      ['0-0', 0, 1],
      ['5-', 5, size],
      ['-10', size - 10, size],
      ['-999999999', 0, size],
    ] as const) {
      const part = await client.get(path, { range: `bytes=${range}` });
      expect(part).toMatchObject({ status: 206, headers: { 'content-range': `bytes ${start}-${end - 1}/${size}` } });
      expect(part.body).toEqual(demoWheel.subarray(start, end));
    }
    expect(await client.get(path, { range: 'bytes=999999999-' })).toMatchObject({
      status: 416,
      headers: { 'content-range': `bytes */${size}` },
    });
    expect((await client.get(path, { range: 'bytes=abc' })).status).toBe(200);
    const etag = whole.headers.etag!;
    expect((await client.get(path, { range: 'bytes=0-0', 'if-range': etag })).status).toBe(206);
    expect((await client.get(path, { range: 'bytes=0-0', 'if-range': '"other"' })).status).toBe(200);
  });

  it('finds a file with + in its name in both spellings, and not when it is encoded twice', async () => {
    const path = await client.pathOf('foo-bar', 'foo_bar-1.0+a.1-py3-none-any.whl');
    expect(path).toContain('%2B');
    expect((await client.get(path)).status).toBe(200);
    expect((await client.get(path.replace('%2B', '+'))).status).toBe(200);
    expect([400, 404]).toContain((await client.get(path.replace('%2B', '%252B'))).status);
  });

  it.each([
    ['/packages/%2e%2e/%2e%2e/x'],
    ['/packages/..%2f..%2fx'],
    ['/simple/%00/'],
    ['/simple/a%5cb/'],
    ['/packages/%ff'],
  ])('reads nothing at %s', async path => {
    expect([400, 404]).toContain((await client.get(path)).status);
  });

  it('serves METADATA beside the wheel, with the hash of the page', async () => {
    const page = await client.json('/simple/demo/');
    const { body, headers } = await client.get(`${await client.pathOf('demo', demoWheelName)}.metadata`);
    expect(body.toString()).toBe(demoMetadata);
    expect(page.files[0]['core-metadata'].sha256).toBe(createHash('sha256').update(body).digest('hex'));
    expect(headers['content-type']).toContain('text/plain');
    expect((await client.get(`${await client.pathOf('demo', 'demo-2.0rc1.tar.gz')}.metadata`)).status).toBe(404);
  });

  it('asks anonymous callers for credentials, for what is there and for what is not', async () => {
    const nobody = client.withToken(undefined);
    const path = await client.pathOf('demo', demoWheelName);
    for (const url of [
      '/simple/',
      '/simple/demo/',
      '/simple/nothing/',
      '/simple/Demo/',
      '/pypi/demo/json',
      path,
      `${path}.metadata`,
    ]) {
      expect(await nobody.get(url)).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': expect.stringMatching(/^Basic realm="/) },
      });
    }
  });

  it('takes tokens and passwords as Basic and tokens as Bearer, and nothing wrong', async () => {
    const nobody = client.withToken(undefined);
    const { name, password, token } = server.admin;
    for (const authorization of [
      basic(name, password),
      basic(name, token),
      basic('__token__', token),
      `Bearer ${token}`,
    ]) {
      expect((await nobody.get('/simple/', { authorization })).status).toBe(200);
    }
    for (const authorization of [basic(name, 'wrong'), basic('__token__', `${token}x`), 'Bearer nonsense']) {
      expect((await nobody.get('/simple/', { authorization })).status).toBe(401);
    }
  });

  it('shows a reader of some projects those only, and hides the others as if they were missing', async () => {
    const user = await server.createUser('reader', [{ role: 'reader', repository: 'py', names: 'foo-*' }]);
    const reader = client.withToken(user.token);
    expect(await reader.json('/simple/')).toMatchObject({ projects: [{ name: 'foo_bar' }] });
    const [hidden, missing] = [await reader.get('/simple/demo/'), await reader.get('/simple/nope/')];
    expect(hidden.status).toBe(404);
    expect(hidden.text.replaceAll('demo', 'nope')).toBe(missing.text);
    expect((await reader.get(await client.pathOf('demo', demoWheelName))).status).toBe(404);
  });
});
