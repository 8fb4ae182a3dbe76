import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { publishDocument } from '../../../libs/formats/npm/test/publish-document.js';
import { wheel } from '../../../libs/formats/pypi/test/archives.js';
import { multipart, multipartType, uploadParts } from '../../../libs/formats/pypi/test/forms.js';
import { ask, expectUnharmed, makeBoxes, onWire, stateOf, type RawAnswer } from './attack-tools.js';

/** Paths of each protocol; `@` is where the attack goes. */
const places = [
  ['raw', 'PUT', '/repository/raw-box/dir/@/x.txt'],
  ['raw', 'GET', '/repository/raw-box/@'],
  ['npm', 'PUT', '/repository/npm-box/@'],
  ['npm', 'PUT', '/repository/npm-box/%40scope%2f@'],
  ['npm', 'GET', '/repository/npm-box/thing/-/@'],
  ['npm', 'PUT', '/repository/npm-box/-/package/thing/dist-tags/@'],
  ['npm', 'DELETE', '/repository/npm-box/-/user/token/@'],
  ['maven', 'PUT', '/repository/maven-box/com/@/thing/1.0/thing-1.0.jar'],
  ['maven', 'PUT', '/repository/maven-box/com/acme/thing/1.0/@'],
  ['pypi', 'GET', '/repository/pypi-box/simple/@/'],
  ['pypi', 'GET', '/repository/pypi-box/packages/aa/bb/cc/@'],
  ['oci', 'PUT', '/v2/oci-box/app/@/manifests/latest'],
  ['oci', 'PUT', '/v2/oci-box/app/manifests/@'],
  ['oci', 'GET', '/v2/oci-box/app/blobs/@'],
  ['oci', 'PATCH', '/v2/oci-box/app/blobs/uploads/@'],
  ['oci', 'PUT', '/v2/oci-box/@/blobs/uploads/x'],
  ['any', 'GET', '/repository/@'],
  ['any', 'GET', '/v2/@'],
  ['management', 'GET', '/api/v1/repositories/@'],
  ['management', 'GET', '/api/v1/users/@'],
] as const;

/** Every one of these leaves the place it stands in, for some reader of paths. */
const escapes = [
  ...['..', '.', '../../../../etc/passwd', '%2e%2e', '%2E%2e', '.%2e', '%2e%2e%2f%2e%2e%2fetc%2fpasswd', '..%2f..%2fetc%2fpasswd'],
  ...['%252e%252e%252fetc', '%25252e%25252e', '..%5c..%5cwindows', '..%255c', '..\\..\\windows', 'a%5cb'],
  ...['%c0%ae%c0%ae%c0%afetc', '%e0%80%ae%e0%80%ae', '%EF%BC%8E%EF%BC%8E', '%EF%BC%8F..', '%E2%80%A5', '%uff0e%uff0e'],
  ...['..%00', 'a%00.txt', '%0d%0aSet-Cookie:%20x=y', 'a%0a', '%7f', '%C2%9b2J', '%E2%80%AEgpj.exe', '%', '%2', '%zz', '%ff%fe'],
];
/** These are odd, and may be names of something. */
const oddities = ['..;', '..;/x', '....//....//etc', '.../...//', 'C:', '~', '~raw', '__proto__', 'constructor', 'toString', 'a%3bb', '%20', '%20..', '-', '_', '%C3%A9'];

const served = /root:|\[boot loader\]/;

describe('paths that try to get out of their repository', () => {
  let server: TestServer;
  const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer): Promise<RawAnswer> =>
    ask(server, { method, path, headers: { authorization: server.admin.bearer, ...headers }, ...(body === undefined ? {} : { body }) });

  beforeAll(async () => {
    server = await startTestServer();
    await makeBoxes(server);
  });
  afterAll(() => server.stop());

  it.each(places)('in %s %s %s are refused and reach nothing, in every spelling (A01, A02, A03, A04, A05)', async (format, method, path) => {
    const before = await stateOf(server);
    for (const spelling of [...escapes, ...oddities]) {
      // A body that no protocol takes: what gets past the path is refused for it, and only a raw repository could store it.
      const answer = await send(method, path.replace('@', spelling), {}, method === 'GET' || format === 'raw' ? undefined : '{');
      const refused = answer.status >= 400 && answer.status < 500;
      const expected = escapes.includes(spelling) ? refused : answer.status > 0 && answer.status < 500;
      expect([spelling, answer.status, expected, answer.headers['set-cookie'], served.test(answer.body)]).toEqual([spelling, answer.status, true, undefined, false]);
    }
    // Odd names are names to a raw repository.
    if (!path.includes('/dir/')) await expectUnharmed(server, before);
  });

  it.each([
    ['a file name', { fileName: '../../x-1.0-py3-none-any.whl' }],
    ['an absolute file name', { fileName: '/etc/x-1.0-py3-none-any.whl' }],
    ['a Windows path as file name', { fileName: '..\\\\x-1.0-py3-none-any.whl' }],
    ['an encoded file name', { fileName: '..%2fx-1.0-py3-none-any.whl' }],
    ['a full-width file name', { fileName: '\uff0e\uff0e\uff0fx-1.0-py3-none-any.whl' }],
    ['a file name with NUL', { fileName: 'x-1.0-py3-none-any.whl\0.txt' }],
    ['a name', { fields: { name: '../x' } }],
    ['a version', { fields: { version: '1.0/../../x' } }],
    ['a version with NUL', { fields: { version: '1.0\0' } }],
  ])('in the form of an upload are refused: %s (A01)', async (_, { fileName = 'x-1.0-py3-none-any.whl', fields = {} }: { fileName?: string; fields?: Record<string, string> }) => {
    const before = await stateOf(server);
    const parts = uploadParts('x-1.0-py3-none-any.whl', wheel('x', '1.0'), fields).map(part => (part.name === 'content' ? { ...part, fileName } : part));
    const answer = await send('POST', '/repository/pypi-box/', { 'content-type': multipartType }, multipart(parts));
    expect(answer.status).toBe(400);
    await expectUnharmed(server, before);
  });

  it.each([
    ['a name', { name: '../x' }],
    ['a scope', { name: '@../x' }],
    ['a version', { name: 'x', version: '../1.0.0' }],
    ['a version of the prototype', { name: 'x', version: '__proto__' }],
  ])('in a publish document are refused: %s (A01)', async (_, { name, version = '1.0.0' }: { name: string; version?: string }) => {
    const before = await stateOf(server);
    const document = JSON.stringify(publishDocument({ name, version }));
    for (const path of [`/repository/npm-box/${encodeURIComponent(name)}`, '/repository/npm-box/x']) {
      const { status } = await send('PUT', path, { 'content-type': 'application/json' }, document);
      expect([path, status >= 400 && status < 500]).toEqual([path, true]);
    }
    await expectUnharmed(server, before);
  });

  it.each(['/~raw/file', '/~npm/whoami', '/~npm/ping', '/~npm/login', '/~oci/base', '/~oci/token', '/~pypi/root', '/~maven/file'])(
    'do not reach the handlers behind the front: %s, however it is written (A05)',
    async path => {
      const spellings = [path, `http://${server.host}${path}`, `HTTP://user@other.example:1${path}`, `/${path}`, `/.${path}`, `/repository/..${path}`, `/%7e${path.slice(2)}`, `${path}?x`, `http://${server.host}/${path}`];
      for (const spelling of spellings) {
        for (const who of [server.admin.bearer, undefined]) {
          const { status, text } = await ask(server, { method: 'GET', path: spelling, headers: who === undefined ? {} : { authorization: who } });
          expect([spelling, status === 404 || status === 401 || status === 400, /username|"token"/.test(text)]).toEqual([spelling, true, false]);
        }
      }
    },
  );

  it('may be whole URLs, which mean the same as their paths', async () => {
    await send('PUT', '/repository/raw-box/whole.txt', {}, 'whole');
    for (const prefix of [`http://${server.host}`, 'https://elsewhere.example', 'HTTP://u:p@elsewhere.example:8080']) {
      expect((await send('GET', `${prefix}/repository/raw-box/whole.txt`)).body).toBe('whole');
      expect((await ask(server, { method: 'GET', path: `${prefix}/repository/raw-box/whole.txt` })).status).toBe(401);
      expect((await send('GET', `${prefix}/repository/raw-box/../raw-box/whole.txt`)).status).toBe(400);
    }
    for (const target of ['*', 'http://elsewhere.example?x', 'repository/raw-box/whole.txt', '?']) expect((await send('GET', target)).status).toBe(400);
  });

  it('meet one spelling of the words that are ours (A05)', async () => {
    for (const path of ['/Repository/raw-box/whole.txt', '//repository/raw-box/whole.txt', '/repository%2fraw-box/whole.txt', '/%72epository/raw-box/whole.txt', '/V2/', '/v2%2f', '/HEALTHZ', '/Api/v1/me', '/api%2fv1/me', '/repository;x/raw-box/whole.txt']) {
      expect([path, (await send('GET', path)).status]).toEqual([path, 404]);
    }
  });

  it.each(['/repository/raw-box/?after=@', '/repository/npm-box/x?write=@', '/repository/pypi-box/simple/?format=@', '/v2/oci-box/app/tags/list?last=@', '/v2/_catalog?last=@', '/v2/_token?scope=@', '/api/v1/search?name=@', '/api/v1/packages?repository=@', '/api/v1/users?cursor=@'])(
    'with NUL and broken text in the query are no error of ours: %s',
    async path => {
      await send('PUT', '/repository/raw-box/whole.txt', {}, 'whole');
      for (const text of ['%00', 'a%00b', '%ff', '%ed%a0%80', '%', '%0d%0aX:y', '\u0001', '__proto__']) {
        const { status, headers } = await send('GET', path.replace('@', text));
        expect([text, status >= 200 && status < 500, headers['x']]).toEqual([text, true, undefined]);
      }
    },
  );

  it('believe no header about who asks, from where, or for which path (A07, A08)', async () => {
    const forged = {
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'for=127.0.0.1;host=evil.example;proto=https',
      'x-original-url': '/healthz',
      'x-rewrite-url': '/healthz',
      'x-http-method-override': 'GET',
      'x-forwarded-user': 'admin',
      'x-remote-user': 'admin',
      'remote-user': 'admin',
      'x-webauth-user': 'admin',
      cookie: `session=${server.admin.token}; token=${server.admin.token}`,
      __proto__x: 'y',
    };
    expect((await ask(server, { method: 'GET', path: '/repository/raw-box/whole.txt', headers: forged })).status).toBe(401);
    expect((await ask(server, { method: 'DELETE', path: '/repository/raw-box/whole.txt', headers: forged })).status).toBe(401);
    expect((await ask(server, { method: 'GET', path: '/api/v1/users', headers: forged })).status).toBe(401);
    for (const path of ['/v2/oci-box/app/tags/list', '/repository/pypi-box/simple/', '/repository/npm-box/x']) {
      expect([path, (await send('GET', path, forged)).text.includes('evil.example')]).toEqual([path, false]);
    }
  });

  it.each(['evil.example/x', 'a b', 'x@y', '"', '<x>', 'a,b', 'a:b:c', '[::1', `${'a'.repeat(300)}.example`, ''])('and the host %j are refused before anything is done (A06)', async host => {
    const answer = await onWire(server, `GET /v2/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect([answer.status, answer.text.includes('WWW-Authenticate')]).toEqual([400, false]);
  });

  it('open no redirect to another host (A13)', async () => {
    for (const path of ['/repository/pypi-box/simple/x', '/repository/pypi-box/simple/X_Y/', '/repository/pypi-box//evil.example/', '/repository/pypi-box/simple//evil.example', '/repository/pypi-box/pypi/X_Y/json', '/repository/pypi-box/simple?next=//evil.example']) {
      const { headers } = await send('GET', path);
      expect([path, new URL(headers['location'] ?? '/', server.url).host]).toEqual([path, server.host]);
    }
  });
});

describe('names that mean the same', () => {
  let server: TestServer;
  const send = (method: string, path: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<RawAnswer> => ask(server, { method, path, headers: { authorization: server.admin.bearer, ...headers }, body });

  beforeAll(async () => {
    server = await startTestServer();
    await makeBoxes(server);
  });
  afterAll(() => server.stop());

  const packages = async (repository: string): Promise<string[]> =>
    (await server.database.query<{ name: string }>('select p.name from package p join repository r on r.id = p.repository_id where r.name = $1 order by p.name', [repository])).map(row => row.name);

  it('are one project in a Python repository, whatever stands between their words (A09)', async () => {
    for (const [i, name] of ['My_Project', 'my-project', 'MY.PROJECT', 'my--project', 'my-_.project'].entries()) {
      const fileName = `my_project-1.${i}-py3-none-any.whl`;
      const parts = uploadParts(fileName, wheel('my_project', `1.${i}`), { name });
      expect([name, (await send('POST', '/repository/pypi-box/', multipart(parts), { 'content-type': multipartType })).status]).toEqual([name, 200]);
    }
    expect(await packages('pypi-box')).toEqual(['my-project']);
  });

  it.each(['Upper', 'UPPER', 'x\u0130', '\u{ff41}bc', 'a\u0301', 'caf\u00e9', '\u0441ase', 'a b', 'a%41'])('that an npm registry could confuse are refused: %j (A09)', async name => {
    const { status } = await send('PUT', `/repository/npm-box/${encodeURIComponent(name)}`, JSON.stringify(publishDocument({ name, version: '1.0.0' })), { 'content-type': 'application/json' });
    expect([status, await packages('npm-box')]).toEqual([400, []]);
  });

  it.each(['App', 'APP', 'a__b__', 'a..b', 'caf\u00e9', '\u{ff41}pp', 'a_-b', '-a', 'a.'])('are no image names: %j (A09)', async name => {
    const { status, body } = await send('PUT', `/v2/oci-box/${encodeURIComponent(name)}/manifests/latest`, '{}', { 'content-type': 'application/vnd.oci.image.manifest.v1+json' });
    expect([status, body.includes('NAME_INVALID')]).toEqual([400, true]);
  });

  it('are one file in a raw repository: only the composed form is taken (A09)', async () => {
    expect((await send('PUT', '/repository/raw-box/caf%C3%A9.txt', 'x')).status).toBe(201);
    expect((await send('PUT', '/repository/raw-box/cafe%CC%81.txt', 'y')).status).toBe(400);
    expect((await send('PUT', '/repository/raw-box//caf%C3%A9.txt', 'x')).status).toBe(200);
    expect(await packages('raw-box')).toEqual(['caf\u00e9.txt']);
  });
});
