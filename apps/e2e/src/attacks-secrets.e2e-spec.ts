import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Decisions } from '#audit';
import { createLogger } from '#kernel';
import { startTestServer, type TestServer, type TestUser } from '#testing';
import { publishDocument } from '../../../libs/formats/npm/test/publish-document.js';
import { jarOf } from '../../../libs/formats/maven/test/maven-client.js';
import { OciClient } from '../../../libs/formats/oci/test/oci-client.js';
import { wheel } from '../../../libs/formats/pypi/test/archives.js';
import { multipart, multipartType, uploadParts } from '../../../libs/formats/pypi/test/forms.js';
import { ask, expectUnharmed, longestPause, makeBoxes, startUpload, stateOf, writeRoutes, type RawAnswer } from './attack-tools.js';

const basic = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const active = '<!doctype html><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>';

describe('what must not get out, or in', () => {
  let server: TestServer;
  let reader: TestUser;
  let upload: string;
  const lines: string[] = [];
  const secrets = new Set<string>();

  const send = (method: string, path: string, authorization: string | undefined, body?: string | Buffer, headers: Record<string, string> = {}): Promise<RawAnswer> =>
    ask(server, { method, path, headers: { ...(authorization === undefined ? {} : { authorization }), ...headers }, ...(body === undefined ? {} : { body }) });
  const json = { 'content-type': 'application/json' };

  beforeAll(async () => {
    server = await startTestServer({ logger: createLogger('trace', { write: line => void lines.push(line) }) });
    await makeBoxes(server);
    reader = await server.createUser('reading', [{ role: 'reader' }]);
    upload = await startUpload(server, server.admin.bearer);
  });
  afterAll(() => server.stop());

  /** A token of the administrator that may only read, and the same for another repository. */
  const limited = async (limits: Record<string, unknown>): Promise<string> => {
    const answer = await send('POST', '/api/v1/me/tokens', server.admin.bearer, JSON.stringify({ name: `limited ${Object.values(limits).join()}`, ...limits }), json);
    const { token, secret } = JSON.parse(answer.body) as { token?: string; secret?: string };
    return (secret ?? token)!;
  };

  it.each([
    ['that reads', { actions: ['read'] }, 403],
    ['of another repository', { repositoryPattern: 'elsewhere-*' }, 404],
  ])('a token %s writes nowhere, in no scheme (A50, A51)', async (_, limits, expected) => {
    const token = await limited(limits);
    const schemes = { bearer: `Bearer ${token}`, 'user and token': basic('admin', token), __token__: basic('__token__', token), 'any name': basic('ci', token), 'lower case': `bearer ${token}` };
    const before = await stateOf(server);
    for (const [scheme, authorization] of Object.entries(schemes)) {
      for (const { name, parts } of writeRoutes(authorization, upload)) {
        const { status } = await ask(server, parts);
        // A wrong user name with a right token is a wrong credential.
        expect([scheme, name, status === expected || (scheme === 'any name' && status === 401)]).toEqual([scheme, name, true]);
      }
      for (const path of ['/repository/raw-box/x', '/repository/npm-box/x/-rev/1-x', '/repository/maven-box/com/acme/x/1.0/x-1.0.jar', '/v2/oci-box/app/manifests/latest', '/api/v1/repositories/raw-box', '/api/v1/users/1']) {
        const { status } = await send('DELETE', path, authorization);
        expect([scheme, path, status === 401 || status === 403 || status === 404 || status === 428]).toEqual([scheme, path, true]);
      }
      for (const [method, path, body] of [['POST', '/api/v1/users', '{"name":"new","password":"a long password 77"}'], ['POST', '/api/v1/me/tokens', '{"name":"wider","actions":["read","publish","delete","system:users"],"repositoryPattern":"*"}'], ['POST', '/api/v1/repositories', '{"name":"new","format":"raw"}']] as const) {
        expect([scheme, path, (await send(method, path, authorization, body, json)).status]).toEqual([scheme, path, scheme === 'any name' ? expect.any(Number) : 403]);
      }
    }
    // A token may make another, with its own limits: that one writes nowhere either.
    const child = await send('POST', '/api/v1/me/tokens', `Bearer ${token}`, '{"name":"child"}', json);
    const childToken = (JSON.parse(child.body) as { token: string }).token;
    for (const { name, parts } of writeRoutes(`Bearer ${childToken}`, upload)) expect([name, (await ask(server, parts)).status]).toEqual([name, expected]);
    const registry = await send('GET', '/v2/_token?scope=repository:oci-box/app:pull,push,delete', basic('admin', token));
    const registryToken = (JSON.parse(registry.body) as { token: string }).token;
    for (const { name, parts } of writeRoutes(`Bearer ${registryToken}`, upload).filter(route => route.format === 'oci')) {
      const { status } = await ask(server, parts);
      expect([name, status >= 401 && status <= 404]).toEqual([name, true]);
    }
    await expectUnharmed(server, await stateAfterTokens(server, before));
  });

  it('an upload of somebody else, of another image or repository is unknown (A64)', async () => {
    const other = await server.createUser('other', [{ role: 'publisher' }]);
    await server.createRepository('oci-two', 'oci');
    const id = upload.slice(upload.lastIndexOf('/') + 1);
    const before = await stateOf(server);
    for (const [path, authorization] of [[upload, other.bearer], [`/v2/oci-box/app2/blobs/uploads/${id}`, server.admin.bearer], [`/v2/oci-two/app/blobs/uploads/${id}`, server.admin.bearer], [upload, reader.bearer], [upload, undefined]] as const) {
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const { status } = await send(method, method === 'PUT' ? `${path}?digest=sha256:${'0'.repeat(64)}` : path, authorization, method === 'PATCH' ? 'x' : undefined);
        expect([path, method, [401, 403, 404].includes(status)]).toEqual([path, method, true]);
      }
    }
    await expectUnharmed(server, before);
  });

  it('stored pages and pictures run in no browser, in any format (A113, A114, A117)', async () => {
    const admin = server.admin.bearer;
    const oci = new OciClient(server.url, server.admin.basic);
    const put = async (path: string, body: string, headers: Record<string, string> = {}) => expect([path, (await send('PUT', path, admin, body, headers)).status]).toEqual([path, 201]);
    const types = ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/xml', 'application/javascript', 'multipart/x-mixed-replace; boundary=x', 'text/html; charset=utf-7', 'TEXT/HTML', 'x/y+xml'];
    for (const [i, type] of types.entries()) await put(`/repository/raw-box/active/${i}.html`, active, { 'content-type': type });
    await put('/repository/maven-box/com/acme/site/1.0/site-1.0.html', active, { 'content-type': 'text/html' });
    await put('/repository/maven-box/com/acme/site/1.0/site-1.0.svg', active, { 'content-type': 'image/svg+xml' });
    await put('/repository/npm-box/active', JSON.stringify(publishDocument({ name: 'active', version: '1.0.0', files: { 'index.html': active } })), json);
    const layer = await oci.pushBlob('oci-box/active', active);
    await send('POST', '/repository/pypi-box/', admin, multipart(uploadParts('active-1.0-py3-none-any.whl', wheel('active', '1.0', `Summary: ${active}\n`))), { 'content-type': multipartType });
    const page = await send('GET', '/repository/pypi-box/simple/active/', admin, undefined, { accept: 'application/vnd.pypi.simple.v1+json' });
    const wheelUrl = new URL((JSON.parse(page.body) as { files: { url: string }[] }).files[0]!.url, `${server.url}/repository/pypi-box/simple/active/`).pathname;
    const files = [...types.map((_, i) => `/repository/raw-box/active/${i}.html`), '/repository/maven-box/com/acme/site/1.0/site-1.0.html', '/repository/maven-box/com/acme/site/1.0/site-1.0.svg', '/repository/npm-box/active/-/active-1.0.0.tgz', `/v2/oci-box/active/blobs/${layer.digest}`, wheelUrl];
    // Gradle takes a file's name from Content-Disposition, so Maven sends none: there, and where the name is no page's, the type alone must not be one that runs.
    for (const path of files) {
      const { status, headers } = await send('GET', path, admin, undefined, { accept: 'text/html' });
      expect([path, status, headers['x-content-type-options'], headers['content-security-policy'], /html|svg|xml|script|multipart/i.test(headers['content-type'] ?? ''), headers['content-disposition']?.startsWith('attachment') ?? headers['content-type']]).toEqual([
        path, 200, 'nosniff', "sandbox; default-src 'none'", false, /maven|npm|oci/.test(path) ? 'application/octet-stream' : true,
      ]);
    }
    const refused = ['/repository/raw-box/%3Cscript%3Ealert(1)%3C/script%3E', '/repository/npm-box/%3Cscript%3E', '/repository/pypi-box/simple/%3Cscript%3E/', '/v2/oci-box/%3Cscript%3E/tags/list', '/api/v1/%3Cscript%3E', '/%3Cscript%3E', '/repository/%3Cscript%3E/x'];
    for (const path of refused) {
      const { headers } = await send('GET', path, admin, undefined, { accept: 'text/html' });
      expect([path, headers['x-content-type-options'], /html/.test(headers['content-type'] ?? '')]).toEqual([path, 'nosniff', false]);
    }
    await put('/repository/raw-box/names/%3Cimg%20src=x%20onerror=alert(1)%3E%22%27.txt', 'x');
    const listing = await send('GET', '/repository/raw-box/names/', admin, undefined, { accept: 'text/html' });
    expect(listing.body).not.toContain('<img');
  });

  it('patterns, names and versions of the worst kind cost no time (A101)', async () => {
    const stars = '*a'.repeat(60);
    await send('POST', '/api/v1/grants', server.admin.bearer, JSON.stringify({ subject: { kind: 'user', userId: '1' }, role: 'reader', repositoryPattern: stars, namePattern: stars, tagPattern: stars }), json);
    await send('POST', '/api/v1/repositories', server.admin.bearer, JSON.stringify({ name: 'stars', format: 'oci', settings: { tagRules: [{ pattern: '*a'.repeat(60), rule: 'fixed' }] } }), json);
    const a = 'a'.repeat(120);
    const texts = [a, '1'.repeat(250), `1.${'0.'.repeat(110)}`, `1-${'-'.repeat(200)}`, `${'1-'.repeat(100)}x`, `v${' '.repeat(200)}`, `${'a.'.repeat(110)}!`, `>=${'1.'.repeat(80)}`, `${'-_.'.repeat(70)}`, `${'0'.repeat(200)}rc`, `1!${'1.'.repeat(100)}dev`, `${'a'.repeat(30)}${'*'.repeat(30)}`];
    const paths = (text: string) => {
      const encoded = encodeURIComponent(text);
      return [`/repository/npm-box/${encoded}`, `/repository/npm-box/x/${encoded}`, `/repository/npm-box/-/package/x/dist-tags/${encoded}`, `/repository/pypi-box/simple/${encoded}/`, `/repository/pypi-box/pypi/x/${encoded}/json`, `/repository/pypi-box/packages/aa/bb/cc/x-${encoded}.tar.gz`, `/repository/maven-box/com/acme/x/${encoded}/x-${encoded}.jar`, `/repository/raw-box/${encoded}`, `/v2/oci-box/${encoded}/manifests/${encoded}`, `/v2/stars/x/manifests/${encoded}`, `/api/v1/search?name=${encoded}`];
    };
    const pause = await longestPause(async () => {
      for (const text of texts) for (const path of paths(text)) expect([path, (await send('GET', path, server.admin.bearer)).status < 500]).toEqual([path, true]);
      for (const header of ['accept', 'range', 'if-none-match', 'accept-encoding', 'user-agent', 'x-request-id', 'content-type', 'digest', 'if-modified-since']) {
        for (const value of [`${'a,'.repeat(2_000)}`, `a${' '.repeat(5_000)}b`, `"${'\\'.repeat(3_000)}`, `text/html;${';q=0'.repeat(1_000)}`]) {
          for (const path of ['/repository/npm-box/x', '/repository/pypi-box/simple/', '/repository/raw-box/', '/v2/_catalog']) expect([header, path, (await send('GET', path, server.admin.bearer, undefined, { [header]: value })).status < 500]).toEqual([header, path, true]);
        }
      }
    });
    expect(pause).toBeLessThan(250);
  });

  it('4,000 small refused requests leave no memory behind (A128)', async () => {
    const refuse = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, i) => fetch(`${server.url}/repository/npm-box/missing-${done + i}`, { headers: { authorization: reader.bearer } }).then(answer => answer.arrayBuffer())));
      }
    };
    await refuse(1_000);
    lines.length = 0;
    const before = process.memoryUsage().rss;
    await refuse(4_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(120 * 1024 * 1024);
    lines.length = 0;
  });

  it('no secret stands in the log, the events or the decisions, and no control character gets into a line (A56, A118, A119)', async () => {
    const person = await server.createUser('person', [{ role: 'publisher' }]);
    const remember = (...texts: string[]) => texts.forEach(text => secrets.add(text));
    remember(person.token, person.password, person.basic.slice(6), server.admin.token);
    const wrong = 'Wrong-Password-4711-x';
    remember(wrong, basic('person', wrong).slice(6));
    const schemes = [person.bearer, person.basic, basic('person', person.token), basic('__token__', person.token), basic('person', wrong), `Bearer ${person.token.slice(0, -1)}x`, `Bearer ${wrong}`, `Odd ${wrong}`];
    remember(basic('person', person.token).slice(6), basic('__token__', person.token).slice(6));
    for (const [i, authorization] of schemes.entries()) {
      await send('PUT', `/repository/raw-box/log/${i}.txt`, authorization, 'x');
      await send('PUT', '/repository/npm-box/log', authorization, JSON.stringify(publishDocument({ name: 'log', version: `1.0.${i}` })), json);
      await send('PUT', `/repository/maven-box/com/acme/log/1.${i}/log-1.${i}.jar`, authorization, jarOf('x'));
      await send('GET', '/v2/oci-box/app/tags/list', authorization);
      await send('GET', `/v2/_token?scope=repository:oci-box/app:pull&password=${wrong}&token=${person.token}`, authorization);
      await send('GET', `/api/v1/me?token=${person.token}`, authorization);
    }
    for (const password of [person.password, wrong]) {
      const login = await send('PUT', '/repository/npm-box/-/user/org.couchdb.user:person', undefined, JSON.stringify({ name: 'person', password }), json);
      const session = await send('POST', '/api/v1/sessions', undefined, JSON.stringify({ name: 'person', password }), json);
      for (const answer of [login, session]) for (const [secret] of answer.body.matchAll(/ldr_\w{30,}/g)) remember(secret);
      await send('POST', '/v2/_token', undefined, new URLSearchParams({ grant_type: 'password', service: 'x', username: 'person', password }).toString(), { 'content-type': 'application/x-www-form-urlencoded' });
    }
    await send('DELETE', `/repository/npm-box/-/user/token/${person.token}`, person.bearer);
    await send('GET', `/repository/raw-box/${person.token}`, person.basic);
    await send('GET', '/repository/raw-box/%1b%5b31mred%0a%7b%22level%22%3a%22fake%22%7d', person.basic, undefined, { 'user-agent': '\u009b31m{"level":"fake"}' });
    await server.app.get(Decisions).flush();
    const dump = [
      ...(await server.database.query<{ line: string }>('select row_to_json(e)::text as line from event e')),
      ...(await server.database.query<{ line: string }>('select row_to_json(d)::text as line from decision d')),
      ...(await server.database.query<{ line: string }>('select row_to_json(t)::text as line from access_token t')),
    ].map(row => row.line);
    expect(lines.length).toBeGreaterThan(20);
    for (const line of [...lines, ...dump]) {
      // A file may be called like a token by whoever wants that; even then the token does not get out.
      for (const secret of secrets) if (line.includes(secret)) throw new Error(`a secret got out: ${line.replaceAll(secret, '<secret>').slice(0, 600)}`);
    }
    for (const line of lines) {
      expect(line.trimEnd().includes('\n')).toBe(false);
      // oxlint-disable-next-line no-control-regex
      expect([line, /[\u0000-\u0009\u000b-\u001f\u007f]/.test(line)]).toEqual([line, false]);
      expect((JSON.parse(line) as { level: string }).level).not.toBe('fake');
    }
  });
});

/** The limited tokens themselves are events. */
async function stateAfterTokens<T extends { rows: Readonly<Record<string, number>> }>(server: TestServer, before: T): Promise<T> {
  return { ...before, rows: { ...before.rows, event: (await stateOf(server)).rows['event']! } };
}
