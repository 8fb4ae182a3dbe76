import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { publishDocument, type PublishOptions } from '../../../libs/formats/npm/test/publish-document.js';
import { manifestOf, OciClient, type Image } from '../../../libs/formats/oci/test/oci-client.js';
import { ask, expectUnharmed, longestPause, makeBoxes, stateOf, type RawAnswer } from './attack-tools.js';

/** Where JSON is taken, with a sound member to put an attack beside. */
const takers = [
  ['a publish document', 'PUT', '/repository/npm-box/json', '"name":"json"'],
  ['a removal of versions', 'PUT', '/repository/npm-box/json/-rev/1-x', '"name":"json"'],
  ['a dist-tag', 'PUT', '/repository/npm-box/-/package/json/dist-tags/beta', '"a":1'],
  ['an npm log-in', 'PUT', '/repository/npm-box/-/user/org.couchdb.user:admin', '"name":"admin"'],
  ['a manifest', 'PUT', '/v2/oci-box/json/manifests/latest', '"schemaVersion":2'],
  ['a session', 'POST', '/api/v1/sessions', '"name":"admin"'],
  ['a user', 'POST', '/api/v1/users', '"name":"json"'],
  ['a role', 'POST', '/api/v1/roles', '"name":"json"'],
  ['a grant', 'POST', '/api/v1/grants', '"role":"reader"'],
  ['a token', 'POST', '/api/v1/me/tokens', '"name":"json"'],
  ['a repository', 'POST', '/api/v1/repositories', '"name":"json"'],
  ['settings of a repository', 'PATCH', '/api/v1/repositories/raw-box', '"settings":{}'],
] as const;

const bodies: readonly (readonly [name: string, make: (sound: string) => string | Buffer])[] = [
  ['nothing', () => ''],
  ['no JSON', () => 'hello'],
  ['a cut object', sound => `{${sound}`],
  ['something behind it', sound => `{${sound}}{}`],
  ['a list', () => '[]'],
  ['null', () => 'null'],
  ['a number', () => '1e999'],
  ['100,000 open lists', () => '['.repeat(100_000)],
  ['5,000 nested lists', sound => `{${sound},"x":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
  ['100 nested objects', sound => `{${sound},"x":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}`],
  ['a duplicate key', sound => `{${sound},${sound}}`],
  ['a key in an escaped spelling besides', sound => `{${sound},${sound.replace(/^"(.)/, (_, first: string) => `"\\u00${first.charCodeAt(0).toString(16)}`)}}`],
  ['__proto__', sound => `{${sound},"__proto__":{"admin":true}}`],
  ['an escaped __proto__', sound => `{${sound},"\\u005f_proto__":{"admin":true}}`],
  ['a nested __proto__', sound => `{${sound},"settings":{"__proto__":{"overwritePolicy":"always"}}}`],
  ['a constructor', sound => `{${sound},"constructor":{"prototype":{"admin":true}}}`],
  ['invalid UTF-8', sound => Buffer.concat([Buffer.from(`{${sound},"x":"`), Buffer.from([0xc0, 0xaf, 0xff]), Buffer.from('"}')])],
  ['UTF-16', sound => Buffer.from(`\ufeff{${sound}}`, 'utf16le')],
  ['a lone surrogate as name', () => '{"name":"\\ud800"}'],
  ['NUL as name', () => '{"name":"a\\u0000b"}'],
  ['objects for text', () => '{"name":{"$ne":null},"password":{"$gt":""},"role":["a"],"format":{},"schemaVersion":{}}'],
  ['a huge number', () => '{"name":1e308,"schemaVersion":-0,"limit":99999999999999999999}'],
  ['comments', sound => `{/* */${sound},}`],
  ['a long name', () => `{"name":"${'a'.repeat(500_000)}"}`],
];

describe('JSON', () => {
  let server: TestServer;
  let oci: OciClient;
  let image: Image;
  const send = (method: string, path: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<RawAnswer> =>
    ask(server, { method, path, headers: { authorization: server.admin.bearer, 'content-type': path.startsWith('/v2/') ? 'application/vnd.oci.image.manifest.v1+json' : 'application/json', ...headers }, body });
  const publish = (options: PublishOptions): Promise<RawAnswer> => send('PUT', `/repository/npm-box/${encodeURIComponent(options.name)}`, JSON.stringify(publishDocument(options)));

  beforeAll(async () => {
    server = await startTestServer();
    await makeBoxes(server);
    await publish({ name: 'json', version: '1.0.0' });
    oci = new OciClient(server.url, server.admin.basic);
    image = await oci.pushImage('oci-box/app', 'base', 'json');
  });
  afterAll(() => server.stop());

  it.each(takers)('of %s that is hostile is refused, and nothing is stored (A12, A24, A25, A26)', async (_, method, path, sound) => {
    const before = await stateOf(server);
    const pause = await longestPause(async () => {
      for (const [name, make] of bodies) {
        const { status, text } = await send(method, path, make(sound));
        const changesNothing = method === 'PATCH' && status === 200 && name === 'nothing';
        expect([name, status, changesNothing || (status >= 400 && status < 500)]).toEqual([name, status, true]);
        expect([name, /node_modules|at \w+ \(|SyntaxError/.test(text)]).toEqual([name, false]);
      }
    });
    expect(pause).toBeLessThan(250);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    await expectUnharmed(server, before);
  });

  it('of many megabytes is refused before it is parsed (A121)', async () => {
    const large = Buffer.from(`{"name":"json","x":"${'a'.repeat(8 * 1024 * 1024)}"}`);
    const inChunks = Buffer.concat([Buffer.from(`${large.length.toString(16)}\r\n`), large, Buffer.from('\r\n0\r\n\r\n')]);
    const before = await stateOf(server);
    const pause = await longestPause(async () => {
      for (const [, method, path] of takers) {
        const { status } = await send(method, path, large);
        expect([path, status]).toEqual([path, 413]);
        const { status: chunked } = await send(method, path, inChunks, { 'transfer-encoding': 'chunked' });
        expect([path, chunked]).toEqual([path, 413]);
      }
    });
    expect(pause).toBeLessThan(250);
    await expectUnharmed(server, before);
  });

  it('of very many small keys does not stop the server (A24)', async () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `"k${i}":1`).join(',');
    const before = await stateOf(server);
    for (const [, method, path, sound] of takers) {
      const pause = await longestPause(async () => {
        const { status } = await send(method, path, `{${sound},"x":{${keys}}}`);
        expect([path, status >= 400 && status < 500]).toEqual([path, true]);
      });
      expect([path, pause < 250, pause]).toEqual([path, true, pause]);
    }
    await expectUnharmed(server, before);
  });

  it.each([
    ['POST', '/api/v1/users', { name: 'mass', password: 'a long password 77', id: '1', admin: true, role: 'administrator', disabled: false, createdAt: '2000-01-01T00:00:00Z' }],
    ['POST', '/api/v1/me/tokens', { name: 'mass', userId: '1', kind: 'session', secret: 'ldr_p_known', prefix: 'x' }],
    ['POST', '/api/v1/roles', { name: 'mass', actions: ['read'], builtIn: true }],
    ['POST', '/api/v1/repositories', { name: 'mass', format: 'raw', id: '1', kind: 'hosted', createdBy: 'x' }],
    ['PATCH', '/api/v1/repositories/raw-box', { settings: {}, format: 'npm', name: 'other' }],
    ['PATCH', '/api/v1/users/1', { id: '2' }],
    ['PATCH', '/api/v1/users/1', { passwordHash: 'x' }],
    ['POST', '/api/v1/sessions', { name: 'admin', password: 'a-password-for-tests', actions: ['*'], expiresAt: '9999-01-01T00:00:00Z' }],
  ])('with fields that are not the client\'s to set is refused: %s %s (A45)', async (method, path, fields) => {
    const before = await stateOf(server);
    for (const extra of Object.keys(fields).filter(key => !['name', 'password', 'actions', 'format', 'settings'].includes(key) || (method === 'PATCH' && key !== 'settings'))) {
      const sound = method === 'PATCH' ? [] : Object.entries(fields).filter(([key]) => ['name', 'password', 'format'].includes(key) || (key === 'actions' && path.endsWith('roles')));
      const body = { ...Object.fromEntries(sound), [extra]: (fields as Record<string, unknown>)[extra] };
      if (extra === 'kind' && path.endsWith('repositories')) continue;
      if (extra === 'disabled' || (extra === 'expiresAt' && path.endsWith('tokens'))) continue;
      const { status, body: text } = await send(method, path, JSON.stringify(body), method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {});
      expect([extra, status, text.slice(0, 300)]).toEqual([extra, 400, text.slice(0, 300)]);
    }
    await expectUnharmed(server, before);
  });

  it.each([
    ['annotations', { annotations: { 'a\0': 'b\0', c: '\ud800' } }, 201],
    ['a type', { artifactType: 'a/b\0' }, 201],
    ['a media type of a layer', { layers: [{ mediaType: 'a/b;\0' }] }, 201],
    ['a platform', { layers: [{ platform: { os: '\0', architecture: '\udfff' } }] }, 201],
    ['a member that nobody knows', { 'x\0': '\0' }, 201],
    ['a size of more', { layers: [{ size: 10_000 }] }, 400],
    ['a negative size', { layers: [{ size: -1 }] }, 400],
    ['a broken size', { layers: [{ size: 1.5 }] }, 400],
    ['a size as text', { layers: [{ size: '12' }] }, 400],
    ['a huge size', { layers: [{ size: 2 ** 60 }] }, 400],
    ['a size of nothing', { layers: [{ size: null }] }, 400],
    ['an address of a file', { layers: [{ urls: ['file:///etc/passwd'] }] }, 400],
    ['a script as address', { layers: [{ urls: ['javascript:alert(1)'] }] }, 400],
    ['addresses that are none', { layers: [{ urls: 'http://x' }] }, 400],
    ['a digest in capitals', { layers: [{ digest: `SHA256:${'A'.repeat(64)}` }] }, 400],
    ['a digest with capital digits', { layers: [{ digest: `sha256:${'A'.repeat(64)}` }] }, 400],
    ['another algorithm', { layers: [{ digest: `md5:${'a'.repeat(32)}` }] }, 400],
    ['sha512 with the length of sha256', { layers: [{ digest: `sha512:${'a'.repeat(64)}` }] }, 400],
    ['a digest that is a path', { layers: [{ digest: 'sha256:../../../etc/passwd' }] }, 400],
    ['a digest that is a list', { layers: [{ digest: ['sha256'] }] }, 400],
    ['layers that are no list', { layers: { length: 1 } }, 400],
    ['a layer that is null', { layers: [null] }, 400],
    ['a config that is a manifest', { config: { mediaType: 'application/vnd.oci.image.manifest.v1+json', self: true } }, 404],
    ['another schema', { schemaVersion: 1 }, 400],
    ['manifests and layers', { manifests: [] }, 400],
  ] as const)('of a manifest with %s is taken or refused, never an error of ours (A79, A80, A81, A82)', async (_, change, expected) => {
    const before = await stateOf(server);
    const layers = (change as { layers?: unknown }).layers;
    const merged = Array.isArray(layers) ? { layers: layers.map((layer: object | null) => layer && { ...image.layer, ...layer }) } : change;
    const config = (change as { config?: { self?: boolean } }).config ? { config: { ...image.descriptor } } : {};
    const { status } = await oci.pushManifest('oci-box/app', 'odd', manifestOf(image, { ...merged, ...config } as Record<string, unknown>));
    expect([status, expected]).toEqual([expected === 201 ? 201 : status, expected]);
    expect(status === 201 ? expected === 201 : status >= 400 && status < 500).toBe(true);
    if (expected !== 201) await expectUnharmed(server, before);
    else expect((await oci.get('/v2/oci-box/app/manifests/odd')).status).toBe(200);
  });

  it('of a package with NUL, lone surrogates and the names of the prototype is served as it was published (A12)', async () => {
    const odd = { description: 'a\0b\ud800', keywords: ['\udc00', '__proto', 'constructor'], dependencies: { constructor: '1', 'a\0': '2', toString: '3' }, bin: { hasOwnProperty: './x' }, author: { name: '\0' }, license: '\ud800' };
    expect((await publish({ name: 'constructor', version: '1.0.0', tags: ['latest', 'toString', 'hasOwnProperty'], packageJson: odd, files: { 'README.md': 'a\0\u{1f600}b' } })).status).toBe(201);
    for (const path of ['constructor', 'constructor/1.0.0', 'constructor/toString', '-/package/constructor/dist-tags']) {
      const answer = await fetch(`${server.url}/repository/npm-box/${path}`, { headers: { authorization: server.admin.bearer } });
      expect([path, answer.status, typeof (await answer.json())]).toEqual([path, 200, 'object']);
    }
    for (const missing of ['valueOf', 'constructor/valueOf', 'constructor/__proto__', 'constructor/1.0.0/x']) expect([missing, (await send('GET', `/repository/npm-box/${missing}`, '')).status]).toEqual([missing, missing.endsWith('__proto__') ? expect.any(Number) : 404]);
    for (const deprecated of ['a\0b', '\ud800', 'x'.repeat(1024)]) {
      const { status } = await send('PUT', '/repository/npm-box/constructor', JSON.stringify({ name: 'constructor', versions: { '1.0.0': { name: 'constructor', version: '1.0.0', deprecated } } }));
      expect(status).toBe(200);
    }
    expect((await fetch(`${server.url}/api/v1/search?name=constructor`, { headers: { authorization: server.admin.bearer } })).status).toBe(200);
  });
});
