import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestServer } from '#testing';
import { NpmClient } from './npm-client.js';
import { publishDocument } from './publish-document.js';
import { startNpm } from './start-npm.js';
import { packageTarball } from './tarballs.js';

const abbreviated = 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*';
const tarball = packageTarball(
  { name: '@acme/foo', version: '1.0.0', libc: ['glibc'], description: 'one' },
  { 'README.md': '# foo' },
);

let server: TestServer;
let client: NpmClient;

beforeAll(async () => {
  ({ server, client } = await startNpm());
  const first = await client.put('/@acme%2ffoo', publishDocument({ name: '@acme/foo', version: '1.0.0', tarball }));
  expect(first.status).toBe(201);
  const second = publishDocument({ name: '@acme/foo', version: '1.1.0-rc.1', tags: ['next'] });
  expect((await client.put('/@acme%2ffoo', second)).status).toBe(201);
});

afterAll(() => server.stop());

function basic(user: string, secret: string): string {
  return `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
}

describe('a package', () => {
  it.each(['/@acme%2ffoo', '/@acme%2Ffoo', '/@acme/foo', '/%40acme%2ffoo', '/%40acme/foo', '//@acme/foo'])(
    'is read as %s',
    async path => {
      const answer = await client.get(path);
      expect(answer.status).toBe(200);
      expect(answer.json.name).toBe('@acme/foo');
    },
  );

  it('has a full packument', async () => {
    const { json, headers } = await client.get('/@acme%2ffoo');
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('cache-control')).toBe('private, max-age=0');
    expect(json).toMatchObject({
      _id: '@acme/foo',
      _rev: expect.stringMatching(/^\d+-[0-9a-f]{32}$/),
      'dist-tags': { latest: '1.0.0', next: '1.1.0-rc.1' },
      description: 'one',
      readme: '# foo',
      readmeFilename: 'README.md',
      versions: {
        '1.0.0': {
          _npmUser: { name: server.admin.name },
          libc: ['glibc'],
          dist: { tarball: `${client.base}/@acme/foo/-/foo-1.0.0.tgz`, fileCount: 2 },
        },
      },
      time: {
        '1.0.0': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        created: expect.any(String),
        modified: expect.any(String),
      },
    });
    expect(json.versions).not.toHaveProperty(['1.0.0', 'readme']);
  });

  it('has an abbreviated packument with time', async () => {
    const { json, headers } = await client.get('/@acme%2ffoo', { accept: abbreviated });
    expect(headers.get('content-type')).toBe('application/vnd.npm.install-v1+json');
    expect(headers.get('vary')).toContain('Accept');
    expect(Object.keys(json)).toEqual(['name', 'modified', 'dist-tags', 'versions', 'time']);
  });

  it('answers 304 to its own validator only, and another one for each form', async () => {
    const full = await client.get('/@acme%2ffoo');
    const short = await client.get('/@acme%2ffoo', { accept: abbreviated });
    const etag = full.headers.get('etag') ?? '';
    expect(etag).not.toBe(short.headers.get('etag'));
    expect((await client.get('/@acme%2ffoo', { 'if-none-match': etag })).status).toBe(304);
    expect((await client.get('/@acme%2ffoo', { 'if-none-match': etag, accept: abbreviated })).status).toBe(200);
  });

  it('has a document for each version and tag', async () => {
    for (const selector of ['1.0.0', 'v1.0.0', '=1.0.0', 'latest', '1.0.0+build']) {
      expect((await client.get(`/@acme%2ffoo/${selector}`)).json).toMatchObject({
        version: '1.0.0',
        dist: { tarball: `${client.base}/@acme/foo/-/foo-1.0.0.tgz` },
      });
    }
    expect((await client.get('/@acme%2ffoo/2.0.0')).status).toBe(404);
  });

  it('has its tarball under every spelling, with ranges', async () => {
    for (const path of [
      '/@acme/foo/-/foo-1.0.0.tgz',
      '/@acme%2ffoo/-/foo-1.0.0.tgz',
      '/@acme%2ffoo/-/@acme%2ffoo-1.0.0.tgz',
      '/@acme/foo/-/@acme/foo-1.0.0.tgz',
    ]) {
      const answer = await client.get(path);
      expect(answer.body).toEqual(tarball);
      expect(answer.headers.get('content-type')).toBe('application/octet-stream');
      expect(answer.headers.get('content-encoding')).toBeNull();
      expect(answer.headers.get('cache-control')).toContain('immutable, no-transform');
    }
    const part = await client.get('/@acme/foo/-/foo-1.0.0.tgz', { range: 'bytes=0-9' });
    expect([part.status, part.body]).toEqual([206, tarball.subarray(0, 10)]);
    expect((await client.get('/@acme/foo/-/foo-2.0.0.tgz')).json.error).toBe('File not found: foo-2.0.0.tgz.');
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    for (const path of ['/@acme%2ffoo', '/@acme%2ffoo/1.0.0', '/@acme/foo/-/foo-1.0.0.tgz']) {
      const head = await client.send('HEAD', path);
      const get = await client.get(path);
      expect([head.status, head.body.length]).toEqual([200, 0]);
      expect(head.headers.get('etag')).toBe(get.headers.get('etag'));
    }
  });

  it('is given for writing uncached', async () => {
    expect((await client.get('/@acme%2ffoo?write=true')).headers.get('cache-control')).toBe('no-store');
  });
});

describe('the service routes', () => {
  it('answer ping, whoami and the base', async () => {
    expect((await client.get('/-/ping')).json).toEqual({});
    expect((await client.get('/-/whoami')).json).toEqual({ username: server.admin.name });
    expect((await client.get('')).json).toEqual({ db_name: 'packages' });
    expect((await client.get('/')).status).toBe(200);
  });

  it.each([
    ['GET', '/-/unknown', 404],
    ['DELETE', '/-/ping', 405],
    ['GET', '/@acme%252ffoo', 400],
    ['GET', '/foo%2f..%2fbar', 400],
    ['GET', '/%ff', 400],
    ['GET', '/missing', 404],
  ])('answer %s %s with %i and a JSON error', async (method, path, status) => {
    const answer = await client.send(method, path);
    expect(answer.status).toBe(status);
    expect(answer.json.error).toEqual(expect.stringMatching(/./));
    if (status === 405) expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });
});

describe('who may read', () => {
  it('takes a token as bearer and as the password of Basic, and name and password', async () => {
    const { name, password, token } = server.admin;
    for (const authorization of [`bearer ${token}`, basic('anybody', token), basic(name, password)]) {
      expect((await new NpmClient(client.base, authorization).get('/-/whoami')).json).toEqual({ username: name });
    }
  });

  it('refuses wrong credentials, and nobody without any', async () => {
    for (const authorization of [undefined, 'Bearer wrong', `Basic ${Buffer.from('a:b').toString('base64')}`]) {
      const answer = await new NpmClient(client.base, authorization).get('/@acme%2ffoo');
      expect(answer.status).toBe(401);
      expect(answer.json.error).toEqual(expect.any(String));
    }
  });

  it('answers a missing and a hidden package alike to a user who may read others', async () => {
    const reader = await server.createUser('reader', [{ role: 'reader', repository: 'packages', names: 'open-*' }]);
    const limited = new NpmClient(client.base, `Bearer ${reader.token}`);
    const hidden = await limited.get('/@acme%2ffoo');
    const missing = await limited.get('/@acme%2fbar');
    expect([hidden.status, missing.status]).toEqual([404, 404]);
    expect(String(hidden.json.error).replaceAll('foo', 'x')).toBe(String(missing.json.error).replaceAll('bar', 'x'));
  });
});
