import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { maven } from '../index.js';
import { artifactMetadataOf, digestOf, jarOf, MavenClient, pomOf } from './maven-client.js';

let server: TestServer;
let ci: MavenClient;
let otherCi: MavenClient;
let reader: MavenClient;
let maintainer: MavenClient;

beforeAll(async () => {
  server = await startTestServer({ formats: [maven] });
  await server.createRepository('releases', 'maven', { versionPolicy: 'release', overwritePolicy: 'never' });
  await server.createRepository('snapshots', 'maven', { versionPolicy: 'snapshot' });
  await server.createRepository('mixed', 'maven');
  await server.createRepository('loose', 'maven', { layoutPolicy: 'permissive', overwritePolicy: 'always' });
  const as = async (name: string, role: string) =>
    new MavenClient(server.url, 'releases', (await server.createUser(name, [{ role }])).token);
  ci = await as('ci', 'publisher');
  otherCi = await as('other-ci', 'publisher');
  reader = await as('reader', 'reader');
  maintainer = await as('maintainer', 'maintainer');
});
afterAll(() => server.stop());

function signature(text: string): string {
  return `-----BEGIN PGP SIGNATURE-----\n${text}\n-----END PGP SIGNATURE-----\n`;
}

describe('deploying a file', () => {
  const path = 'com/acme/first/1.0/first-1.0.jar';
  const jar = jarOf('first');

  it('answers with the place, the validator and four checksums, and gives the same bytes back', async () => {
    const put = await ci.put(path, jar);
    expect(put).toMatchObject({ status: 201, headers: { location: `${server.url}/repository/releases/${path}` } });
    const get = await ci.get(path);
    expect(get).toMatchObject({ status: 200, body: jar });
    for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512']) {
      expect(put.headers[`x-checksum-${algorithm}`]).toBe(digestOf(algorithm, jar));
      expect(get.headers[`x-checksum-${algorithm}`]).toBe(digestOf(algorithm, jar));
    }
    expect(get.headers).toMatchObject({
      etag: put.headers['etag'],
      'content-length': String(jar.length),
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
    });
    expect(get.headers['last-modified']).toBeDefined();
    expect(get.headers['content-disposition']).toBeUndefined();
  });

  it('sends the same headers to HEAD, and no body', async () => {
    const [get, head] = [await ci.get(path), await ci.head(path)];
    const { date: _, 'x-request-id': __, ...expected } = get.headers;
    expect(head).toMatchObject({ status: 200, body: '', headers: expected });
    expect((await ci.head('com/acme/first/1.0/first-1.0.war')).status).toBe(404);
  });

  it('answers validators and ranges', async () => {
    const { etag, 'last-modified': modified } = (await ci.get(path)).headers;
    expect((await ci.get(path, { 'if-none-match': etag! })).status).toBe(304);
    expect((await ci.get(path, { 'if-none-match': '"x"', 'if-modified-since': modified! })).status).toBe(200);
    expect((await ci.get(path, { 'if-modified-since': modified! })).status).toBe(304);
    expect(await ci.get(path, { range: 'bytes=4-' })).toMatchObject({ status: 206, body: 'first' });
    expect(await ci.get(path, { range: 'bytes=-3' })).toMatchObject({ status: 206, body: 'rst' });
    expect(await ci.get(path, { range: 'bytes=999-' })).toMatchObject({
      status: 416,
      headers: { 'content-range': `bytes */${jar.length}` },
    });
    expect(await ci.get(path, { range: 'bytes=4-', 'if-unmodified-since': modified! })).toMatchObject({ status: 206 });
    expect(await ci.get(path, { 'if-unmodified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' })).toMatchObject({
      status: 412,
      body: '',
    });
  });

  it('never compresses a jar', async () => {
    expect((await ci.get(path, { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBeUndefined();
  });

  it('takes a chunked body', async () => {
    expect(
      (await ci.put('com/acme/first/1.0/first-1.0-chunked.jar', jarOf('chunked'), { 'transfer-encoding': 'chunked' }))
        .status,
    ).toBe(201);
  });

  it('answers a repetition with the same bytes by 200, whoever repeats it', async () => {
    expect((await ci.put(path, jar)).status).toBe(200);
    expect((await otherCi.put(path, jar)).status).toBe(200);
  });

  it('takes an empty marker jar', async () => {
    expect((await ci.put('com/acme/first/1.0/first-1.0-marker.jar', '')).status).toBe(201);
  });

  it('serves one resource for a plus sign and %2B', async () => {
    expect((await ci.put('org/x/lib_2.13/1.0+3-ab12/lib_2.13-1.0+3-ab12.jar', jarOf('plus'))).status).toBe(201);
    expect((await ci.get('org/x/lib_2.13/1.0%2B3-ab12/lib_2.13-1.0%2B3-ab12.jar')).body).toBe(jarOf('plus'));
    expect((await ci.get('org/x/lib_2.13/1.0%203-ab12/lib_2.13-1.0%203-ab12.jar')).status).toBe(404);
  });

  it('gives back POM bytes as they came', async () => {
    const pom = `\uFEFF<?xml version="1.0"?>\r\n<!-- do_not_remove: published-with-gradle-metadata -->${pomOf('com.acme', 'first', '1.0')}\r\n`;
    expect((await ci.put('com/acme/first/1.0/first-1.0.pom', pom)).status).toBe(201);
    expect((await ci.get('com/acme/first/1.0/first-1.0.pom')).body).toBe(pom);
  });

  it('keeps names that differ in case apart', async () => {
    await ci.put('com/acme/Case/1/Case-1.jar', jarOf('upper'));
    await ci.put('com/acme/case/1/case-1.jar', jarOf('lower'));
    expect((await ci.get('com/acme/Case/1/Case-1.jar')).body).toBe(jarOf('upper'));
  });

  it('keeps one answer when two upload the same path at once', async () => {
    const racing = 'com/acme/race/1.0/race-1.0.jar';
    const answers = await Promise.all([ci.put(racing, jarOf('a')), otherCi.put(racing, jarOf('b'))]);
    expect(answers.map(answer => answer.status).toSorted()).toEqual([201, 409]);
    const winner = answers[0]!.status === 201 ? 'a' : 'b';
    expect((await ci.get(racing)).body).toBe(jarOf(winner));
  });
});

describe('a version that is open', () => {
  it('may be deployed again by its publisher, and by nobody else', async () => {
    const path = 'com/acme/open/1.0/open-1.0.jar';
    await ci.put(path, jarOf('one'));
    expect((await ci.get(path)).headers['cache-control']).toBe('no-cache');
    expect((await otherCi.put(path, jarOf('two'))).status).toBe(409);
    expect((await ci.put(path, jarOf('two'))).status).toBe(201);
    expect((await ci.get(path)).body).toBe(jarOf('two'));
  });

  it('is sealed by the metadata of its publisher', async () => {
    await ci.deployRelease('com.acme', 'sealed', '1.0');
    const path = 'com/acme/sealed/1.0/sealed-1.0.jar';
    const refused = await ci.put(path, jarOf('other'));
    expect(refused).toMatchObject({ status: 409 });
    expect(refused.reason).toBe(
      'com.acme:sealed:jar:1.0 is already released with other content (overwrite policy of releases: never). Deploy a new version',
    );
    expect((await ci.get(path)).body).toBe(jarOf('sealed 1.0'));
    expect((await ci.get(path)).headers['cache-control']).toBe('private, max-age=31536000, immutable');
  });

  it('refuses other bytes of a sealed file before they are sent, when the headers prove the difference', async () => {
    await ci.deployRelease('com.acme', 'early', '1.0');
    const path = 'com/acme/early/1.0/early-1.0.jar';
    const headers = { expect: '100-continue', 'content-length': '30000000' };
    expect(await ci.ask(path, { method: 'PUT', headers })).toMatchObject({ status: 409 });
    expect(
      await ci.put(path, jarOf('early 1.1'), { 'x-checksum-sha1': digestOf('sha1', jarOf('early 1.1')) }),
    ).toMatchObject({ status: 409 });
    const [stranger, fromReader] = [ci.as(undefined), await reader.ask(path, { method: 'PUT', headers })];
    expect((await stranger.ask(path, { method: 'PUT', headers })).status).toBe(401);
    expect(fromReader.status).toBe(403);
    expect((await ci.ask('com/acme/early/1.1/early-1.1.pom', { method: 'PUT', headers })).status).toBe(413);
  });

  it('is not sealed by the metadata of somebody else', async () => {
    const path = 'com/acme/foreign/1.0/foreign-1.0.jar';
    await ci.put(path, jarOf('one'));
    await otherCi.put('com/acme/foreign/maven-metadata.xml', artifactMetadataOf('com.acme', 'foreign', '1.0'));
    expect((await ci.put(path, jarOf('two'))).status).toBe(201);
  });

  it('is sealed by the first read of somebody else, but not by its publisher', async () => {
    const path = 'com/acme/read/1.0/read-1.0.jar';
    await ci.put(path, jarOf('one'));
    await ci.put('com/acme/read/1.0/read-1.0.pom', pomOf('com.acme', 'read', '1.0'));
    await ci.get(path);
    expect((await ci.put(path, jarOf('two'))).status).toBe(201);
    expect((await reader.get(path)).body).toBe(jarOf('two'));
    expect((await ci.put(path, jarOf('three'))).status).toBe(409);
  });

  it('is sealed by ten minutes without a write', async () => {
    const path = 'com/acme/late/1.0/late-1.0.jar';
    await ci.put(path, jarOf('one'));
    await server.database.query("update version set updated_at = now() - interval '11 minutes' where text = '1.0'");
    expect((await ci.put(path, jarOf('two'))).status).toBe(409);
  });

  it('still takes new files when it is sealed, also a missing signature, but no other signature', async () => {
    await ci.deployRelease('com.acme', 'more', '1.0');
    expect((await ci.put('com/acme/more/1.0/more-1.0-linux.jar', jarOf('linux'))).status).toBe(201);
    expect((await ci.put('com/acme/more/1.0/more-1.0.jar.asc', signature('a'))).status).toBe(201);
    expect((await ci.put('com/acme/more/1.0/more-1.0.jar.asc', signature('b'))).status).toBe(409);
  });
});

describe('policies', () => {
  it('keep snapshots out of release repositories and releases out of snapshot repositories', async () => {
    const snapshot = await ci.put('com/acme/a/1.0-SNAPSHOT/a-1.0-SNAPSHOT.jar', jarOf('x'));
    expect(snapshot).toMatchObject({
      status: 400,
      reason: expect.stringContaining('version policy release and does not take 1.0-SNAPSHOT'),
    });
    const release = await ci.in('snapshots').put('com/acme/a/1.0/a-1.0.jar', jarOf('x'));
    expect(release).toMatchObject({ status: 400, reason: expect.stringContaining('version policy snapshot') });
    expect((await ci.get('com/acme/a/1.0-SNAPSHOT/a-1.0-SNAPSHOT.jar')).status).toBe(404);
    expect((await ci.put('com/acme/a/1.0-SNAPSHOT/maven-metadata.xml', '<metadata/>')).status).toBe(400);
    expect(
      (await ci.put('com/acme/a/maven-metadata.xml', artifactMetadataOf('com.acme', 'a', '1.0', '1.1-SNAPSHOT')))
        .status,
    ).toBe(201);
  });

  it('let a literal snapshot be overwritten by its publisher, and by others only with the right to', async () => {
    const path = 'com/acme/sbt/1.0-SNAPSHOT/sbt-1.0-SNAPSHOT.jar';
    const snapshots = ci.in('snapshots');
    await snapshots.put(path, jarOf('one'));
    expect((await snapshots.put(path, jarOf('two'))).status).toBe(201);
    expect((await otherCi.in('snapshots').put(path, jarOf('three'))).status).toBe(403);
    expect((await maintainer.in('snapshots').put(path, jarOf('four'))).status).toBe(201);
    expect((await snapshots.get(path)).headers['cache-control']).toBe('no-cache');
  });

  it('always: lets who may overwrite replace a sealed file, with a new validator', async () => {
    const loose = ci.in('loose');
    await loose.deployRelease('com.acme', 'loose', '1.0');
    const path = 'com/acme/loose/1.0/loose-1.0.jar';
    const { etag } = (await loose.get(path)).headers;
    expect((await loose.put(path, jarOf('new'))).status).toBe(403);
    expect((await maintainer.in('loose').put(path, jarOf('new'))).status).toBe(201);
    const after = await loose.get(path);
    expect(after.body).toBe(jarOf('new'));
    expect(after.headers.etag).not.toBe(etag);
  });

  it('permissive: keeps a path without coordinates as a plain file', async () => {
    const path = 'org/scala/plugin_2.12_1.0/1.2/plugin-1.2.jar';
    expect((await ci.put(path, jarOf('sbt'))).status).toBe(400);
    expect((await ci.in('loose').put(path, jarOf('sbt'))).status).toBe(201);
    expect((await ci.in('loose').get(path)).body).toBe(jarOf('sbt'));
    expect((await ci.in('loose').get(`${path}.sha1`)).body).toBe(digestOf('sha1', jarOf('sbt')));
    expect((await ci.in('loose').get('org/scala/plugin_2.12_1.0/maven-metadata.xml')).status).toBe(404);
  });
});

describe('removing', () => {
  it('takes the signature with the file, and the last file takes the version off the list', async () => {
    await ci.deployRelease('com.acme', 'gone', '1.0');
    await ci.put('com/acme/gone/1.0/gone-1.0.jar.asc', signature('x'));
    expect((await ci.ask('com/acme/gone/1.0/gone-1.0.jar', { method: 'DELETE' })).status).toBe(403);
    for (const extension of ['jar', 'pom']) {
      expect((await maintainer.ask(`com/acme/gone/1.0/gone-1.0.${extension}`, { method: 'DELETE' })).status).toBe(204);
    }
    expect((await ci.get('com/acme/gone/1.0/gone-1.0.jar.asc')).status).toBe(404);
    expect((await ci.get('com/acme/gone/maven-metadata.xml')).status).toBe(404);
    expect((await maintainer.ask('com/acme/gone/1.0/gone-1.0.jar', { method: 'DELETE' })).status).toBe(404);
  });

  it('leaves the release taken', async () => {
    const again = await ci.put('com/acme/gone/1.0/gone-1.0.jar', jarOf('again'));
    expect(again).toMatchObject({ status: 409, reason: expect.stringContaining('was removed') });
  });
});

describe('methods', () => {
  it('answers what it does not have with 405, and OPTIONS without DAV', async () => {
    for (const method of ['MKCOL', 'PROPFIND', 'POST', 'PATCH']) {
      expect(await ci.ask('com/acme/x/1.0/x-1.0.jar', { method })).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD, PUT, DELETE, OPTIONS' },
      });
    }
    const options = await ci.ask('com/acme/x/1.0/x-1.0.jar', { method: 'OPTIONS' });
    expect(options).toMatchObject({ status: 204, headers: { allow: 'GET, HEAD, PUT, DELETE, OPTIONS' } });
    expect(options.headers['dav']).toBeUndefined();
  });
});
