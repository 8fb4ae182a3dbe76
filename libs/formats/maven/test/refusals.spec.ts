import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { maven } from '../index.js';
import { jarOf, MavenClient, pomOf } from './maven-client.js';

let server: TestServer;
let ci: MavenClient;
let anonymous: MavenClient;

beforeAll(async () => {
  server = await startTestServer({ formats: [maven] });
  await server.createRepository('maven', 'maven');
  await server.createRepository('public', 'maven');
  await server.grantEveryone('reader', 'public');
  const { token } = await server.createUser('ci', [{ role: 'publisher' }]);
  ci = new MavenClient(server.url, 'maven', token);
  anonymous = ci.as(undefined);
});
afterAll(() => server.stop());

async function stored(): Promise<unknown> {
  const rows = await server.database.query(
    'select (select count(*) from file)::int as files, (select count(*) from version)::int as versions, (select count(*) from blob)::int as blobs',
  );
  return rows[0];
}

describe('a refused upload', () => {
  let before: unknown;
  beforeEach(async () => {
    before = await stored();
  });
  afterEach(async () => expect(await stored()).toEqual(before));

  it.each([
    ['g/a/1.0/b-1.0.jar', 'must begin with "a-"'],
    ['g/a/1.0/a-1.1.jar', 'must carry "1.0"'],
    ['g/a/1.0/a-1.0.1.jar', 'not an extension'],
    ['g/a/1.0/a-1.0-20260101.120000-1.jar', 'timestamp'],
    ['g/a/1.0-20260101.120000-1/a-1.0-20260101.120000-1.jar', 'resolved snapshot'],
    ['g/a/1.0-SNAPSHOT/a-1.0-20260101.120000.jar', 'build number'],
    ['g/a/1.0-SNAPSHOT/a-1.0-20261332.250000-1.jar', 'timestamp'],
    ['g/a/1.0-SNAPSHOT/a-1.0-20260101.120000-99999999999999999999.jar', 'build number'],
    ['a-1.0.jar', 'too few parts'],
    ['g/a-1.0.jar', 'too few parts'],
    ['g/a/a-1.0.jar', 'too few parts'],
    ['g/a/1.0/', 'directory'],
    ['g/a/1.0/a-1.0', 'no extension'],
    ['g/a/1.0/a-1.0-.jar', 'empty classifier'],
    ['g/a/1.0/a-1.0-x.', 'extension'],
    ['g/../a/1.0/a-1.0.jar', ''],
    ['g/%2e%2e/a/1.0/a-1.0.jar', ''],
    ['g/%2E./a/1.0/a-1.0.jar', ''],
    ['g/./a/1.0/a-1.0.jar', ''],
    ['g/%252e%252e/1.0/a-1.0.jar', ''],
    ['g%2Fh/a/1.0/a-1.0.jar', ''],
    ['g%5Ch/a/1.0/a-1.0.jar', ''],
    ['g/a/1.0/a-1.0%00.jar', ''],
    ['g/a/1.0/a-1.0%0a.jar', ''],
    ['g\\h/a/1.0/a-1.0.jar', ''],
    ['g/%zz/1.0/a-1.0.jar', ''],
    ['g/%c0%ae/1.0/a-1.0.jar', ''],
    ['g/%C3%A4/1.0/%C3%A4-1.0.jar', 'artifactId'],
    ['g/a/1.0/a-1.0-x;y.jar', 'none of'],
    [`g/a/1.0/a-1.0-${'x'.repeat(250)}.jar`, '255 bytes'],
    [`${'g/'.repeat(50)}a/1.0/a-1.0.jar`, '50 parts'],
    [`${`${'g'.repeat(50)}/`.repeat(21)}a/1.0/a-1.0.jar`, '1000 characters'],
    ['g/a/maven-metadata-larder.xml', 'local repository'],
    ['g/a/1.0/_remote.repositories', 'local repository'],
    ['g/a/1.0/a-1.0.jar.lastUpdated', 'local repository'],
    ['g/a/1.0/a-1.0.jar.sha1.md5', 'no checksum of its own'],
    ['g/a/1.0/a-1.0.jar.sha1.asc', 'signature'],
    ['g/a/1.0/.sha1', 'name of the file'],
  ])('to %s says why', async (path, reason) => {
    const answer = await ci.put(path, jarOf('x'));
    expect(answer.status).toBe(400);
    expect(answer.reason).toContain(reason);
    expect(answer.reason).toMatch(/^[\x20-\x7e\xa0-\xff]+$/);
    expect(answer.headers['x-decision-id']).toBeDefined();
  });

  it.each([
    ['a jar that is no archive', 'g/a/1.0/a-1.0.jar', '<html>', 400, 'no ZIP archive'],
    ['a POM of other coordinates', 'g/a/1.0/a-1.0.pom', pomOf('g', 'b', '1.0'), 409, 'but its path is of g:a:1.0'],
    ['a POM that is no XML', 'g/a/1.0/a-1.0.pom', 'x', 400, 'not well-formed'],
    [
      'a POM with an external entity',
      'g/a/1.0/a-1.0.pom',
      '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><project>&x;</project>',
      400,
      'DOCTYPE',
    ],
    [
      'an entity bomb',
      'g/a/1.0/a-1.0.pom',
      `<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><project>&b;</project>`,
      400,
      'DOCTYPE',
    ],
    ['a POM of hostile depth', 'g/a/1.0/a-1.0.pom', '<project>'.repeat(10_000), 400, 'nested'],
    ['an empty POM', 'g/a/1.0/a-1.0.pom', '', 400, 'empty'],
    ['an empty signature', 'g/a/1.0/a-1.0.jar.asc', '', 400, 'empty'],
    ['a signature without armour', 'g/a/1.0/a-1.0.jar.asc', 'x', 400, 'PGP signature'],
    ['a POM above its limit', 'g/a/1.0/a-1.0.pom', Buffer.alloc(4 * 1024 * 1024 + 1, ' '), 413, ''],
  ])('of %s says why', async (_, path, body, status, reason) => {
    const answer = await ci.put(path, body);
    expect(answer).toMatchObject({ status, reason: expect.stringContaining(reason) });
    expect((await ci.get(path)).status).toBe(404);
  });

  it('above its limit without an announced size is cut', async () => {
    const answer = await ci
      .put('g/a/1.0/a-1.0.pom', Buffer.alloc(5 * 1024 * 1024, ' '), { 'transfer-encoding': 'chunked' })
      .catch(() => ({ status: 413 }));
    expect(answer.status).toBe(413);
  });

  it('whose connection is cut leaves nothing', async () => {
    const { port } = new URL(server.url);
    const { token } = await server.createUser('cutter', [{ role: 'publisher' }]);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        const head = `PUT /repository/maven/g/cut/1.0/cut-1.0.jar HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${btoa(`x:${token}`)}\r\nContent-Length: 1000\r\n\r\n`;
        socket.write(`${head}PK`, () => socket.destroy());
      });
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });
    expect((await ci.get('g/cut/1.0/cut-1.0.jar')).status).toBe(404);
  });
});

describe('rights', () => {
  it('challenge an anonymous request with the realm that sbt looks up, and never say 403 or 404', async () => {
    for (const path of ['g/a/1.0/a-1.0.jar', 'g/a/maven-metadata.xml', 'g/a/1.0/a-1.0.jar.sha1']) {
      expect(await anonymous.get(path)).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Basic realm="Larder", charset="UTF-8"' },
      });
    }
    expect((await anonymous.in('public').put('g/a/1.0/a-1.0.jar', jarOf('x'))).status).toBe(401);
    expect((await anonymous.in('no-such').get('g/a/1.0/a-1.0.jar')).status).toBe(401);
  });

  it('tell a known reader 403 on writing, and hide what it may not read', async () => {
    const { token } = await server.createUser('reader', [{ role: 'reader', names: 'open:*' }]);
    const reader = ci.as(token);
    expect((await reader.put('open/lib/1.0/lib-1.0.jar', jarOf('x'))).status).toBe(403);
    await ci.deployRelease('secret', 'lib', '1.0');
    const [hidden, missing] = [
      await reader.get('secret/lib/1.0/lib-1.0.jar'),
      await reader.get('secret/other/1.0/other-1.0.jar'),
    ];
    expect(hidden.status).toBe(404);
    expect(hidden.reason.replaceAll('other', 'lib')).toBe(missing.reason.replaceAll('other', 'lib'));
    expect((await reader.get('secret/lib/maven-metadata.xml')).status).toBe(404);
    expect((await reader.put('secret/lib/maven-metadata.xml', '<metadata/>')).status).not.toBe(201);
  });

  it('answer wrong credentials with 401 even where everybody may read', async () => {
    expect((await ci.as('ldr_wrong').in('public').get('g/a/1.0/a-1.0.jar')).status).toBe(401);
  });

  it('take a token as password with any user name, and as bearer', async () => {
    const { token } = await server.createUser('bearer', [{ role: 'reader' }]);
    await ci.deployRelease('g', 'bearer', '1.0');
    expect((await anonymous.get('g/bearer/1.0/bearer-1.0.jar', { authorization: `Bearer ${token}` })).status).toBe(200);
  });
});

describe('errors', () => {
  const accept = { accept: 'application/problem+json,*/*' };

  it('are problem documents for clients that ask for them, except what does not exist', async () => {
    await ci.deployRelease('g', 'problem', '1.0');
    const refused = await ci.put('g/problem/1.0/problem-1.0.jar', jarOf('other'), accept);
    expect(refused).toMatchObject({ status: 409, headers: { 'content-type': 'application/problem+json' } });
    expect(JSON.parse(refused.body)).toMatchObject({
      title: 'Already released',
      status: 409,
      detail: expect.stringContaining('g:problem:jar:1.0'),
    });
    const missing = await ci.get('g/none/1.0/none-1.0.jar', accept);
    expect(missing).toMatchObject({
      status: 404,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    });
  });
});
