import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestServer } from '#testing';
import { artifactMetadataOf, digestOf, jarOf, MavenClient, pomOf } from './maven-client.js';
import { startMaven } from './start-maven.js';

let server: TestServer;
let ci: MavenClient;
let otherCi: MavenClient;

beforeAll(async () => {
  ({ server, ci, otherCi } = await startMaven());
});
afterAll(() => server.stop());

const wrong = '0'.repeat(40);

describe('checksums', () => {
  const path = 'com/acme/lib/1.0/lib-1.0.jar';
  const jar = jarOf('lib');

  it('are served for every file without having been uploaded', async () => {
    await ci.put(path, jar);
    for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512']) {
      expect(await otherCi.get(`${path}.${algorithm}`)).toMatchObject({
        status: 200,
        body: digestOf(algorithm, jar),
        headers: { 'content-type': 'text/plain; charset=utf-8' },
      });
    }
    expect((await ci.get('com/acme/lib/1.0/lib-1.0.war.sha1')).status).toBe(404);
  });

  it.each([
    ['bare', (hex: string) => hex],
    ['with a file name', (hex: string) => `${hex.toUpperCase()}  lib-1.0.jar\r\n`],
    ['in the BSD form', (hex: string) => `SHA1 (lib-1.0.jar) = ${hex}\n`],
  ])('are accepted %s', async (_, write) => {
    expect((await ci.put(`${path}.sha1`, write(digestOf('sha1', jar)))).status).toBe(201);
  });

  it.each([
    ['no hex', 'not hex', 400],
    ['another length', 'abc', 400],
    ['nothing', '', 400],
    ['10 MB of hex', Buffer.alloc(10_000_000, 'a'), 413],
  ])('are refused with %s', async (_, body, status) => {
    expect((await ci.put(`${path}.sha1`, body)).status).toBe(status);
  });

  it('of Gradle are taken too', async () => {
    for (const algorithm of ['sha256', 'sha512'])
      expect((await ci.put(`${path}.${algorithm}`, digestOf(algorithm, jar))).status).toBe(201);
  });

  it('that differ from the headers of the upload keep the file out', async () => {
    const refused = await ci.put('com/acme/lib/1.1/lib-1.1.jar', jar, { 'x-checksum-sha1': wrong });
    expect(refused).toMatchObject({ status: 409, reason: expect.stringContaining('SHA-1 mismatch for lib-1.1.jar') });
    expect((await ci.get('com/acme/lib/1.1/lib-1.1.jar')).status).toBe(404);
  });

  it('that come before their file are compared when it arrives', async () => {
    const early = 'com/acme/lib/1.2/lib-1.2.jar';
    expect((await ci.put(`${early}.sha1`, wrong)).status).toBe(201);
    expect((await ci.put(early, jar)).status).toBe(409);
    expect((await ci.get(early)).status).toBe(404);
    expect((await ci.put(`${early}.sha1`, digestOf('sha1', jar))).status).toBe(201);
    expect((await ci.put(early, jar)).status).toBe(201);
  });
});

describe('a wrong checksum', () => {
  it('holds an open version back until its publisher deploys the file again', async () => {
    const path = 'com/acme/held/1.0/held-1.0.jar';
    const metadata = 'com/acme/held/maven-metadata.xml';
    await ci.put(path, jarOf('broken'));
    await ci.put('com/acme/held/1.0/held-1.0.pom', pomOf('com.acme', 'held', '1.0'));
    const refused = await ci.put(`${path}.sha1`, digestOf('sha1', jarOf('right')));
    expect(refused).toMatchObject({
      status: 409,
      reason: expect.stringContaining('SHA-1 mismatch for held-1.0.jar: received'),
    });
    // Maven only warns of the checksum and goes on to the metadata.
    expect((await ci.put(metadata, artifactMetadataOf('com.acme', 'held', '1.0'))).status).toBe(201);
    expect(await otherCi.get(path)).toMatchObject({
      status: 409,
      reason: expect.stringContaining('quarantined: checksum mismatch at upload'),
    });
    expect((await ci.get(metadata)).status).toBe(404);

    expect((await ci.put(path, jarOf('right'))).status).toBe(201);
    expect((await ci.put(`${path}.sha1`, digestOf('sha1', jarOf('right')))).status).toBe(201);
    await ci.put(metadata, artifactMetadataOf('com.acme', 'held', '1.0'));
    expect((await otherCi.get(path)).body).toBe(jarOf('right'));
    expect((await ci.get(metadata)).status).toBe(200);
  });

  it('is lifted too when the same bytes are deployed again', async () => {
    const path = 'com/acme/held/1.1/held-1.1.jar';
    await ci.put(path, jarOf('right'));
    await ci.put(`${path}.md5`, '0'.repeat(32));
    expect((await ci.get(path)).status).toBe(409);
    expect((await ci.put(path, jarOf('right'))).status).toBe(200);
    expect((await ci.get(path)).status).toBe(200);
  });

  it('takes nothing away from a sealed version, and nothing when somebody else sends it', async () => {
    await ci.deployRelease('com.acme', 'safe', '1.0');
    expect((await ci.put('com/acme/safe/1.0/safe-1.0.jar.sha1', wrong)).status).toBe(409);
    expect((await otherCi.get('com/acme/safe/1.0/safe-1.0.jar')).status).toBe(200);
    await ci.put('com/acme/safe/1.1/safe-1.1.jar', jarOf('x'));
    expect((await otherCi.put('com/acme/safe/1.1/safe-1.1.jar.sha1', wrong)).status).toBe(409);
    expect((await ci.get('com/acme/safe/1.1/safe-1.1.jar')).status).toBe(200);
  });
});

describe('Ivy', () => {
  it('finds no checksum by HEAD before it has uploaded it, so that it goes on', async () => {
    const path = 'com/acme/ivy/1.0/ivy-1.0.jar';
    expect((await ci.head(path)).status).toBe(404);
    await ci.put(path, jarOf('ivy'));
    expect((await ci.head(`${path}.sha1`)).status).toBe(404);
    expect((await ci.get(`${path}.sha1`)).status).toBe(200);
    await ci.put(`${path}.sha1`, digestOf('sha1', jarOf('ivy')));
    expect((await ci.head(`${path}.sha1`)).status).toBe(200);
  });
});
