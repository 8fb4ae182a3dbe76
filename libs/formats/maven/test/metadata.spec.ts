import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestServer } from '#testing';
import { artifactMetadataOf, digestOf, jarOf, MavenClient, pomOf, snapshotMetadataOf } from './maven-client.js';
import { startMaven } from './start-maven.js';

let server: TestServer;
let ci: MavenClient;
let otherCi: MavenClient;

beforeAll(async () => {
  ({ server, ci, otherCi } = await startMaven());
});
afterAll(() => server.stop());

function versionsIn(xml: string): string[] {
  return [...xml.matchAll(/<version>([^<]+)<\/version>/g)].map(match => match[1]!);
}

function entriesIn(xml: string): string[] {
  return [
    ...xml.matchAll(
      /<snapshotVersion>\s*(?:<classifier>([^<]*)<\/classifier>\s*)?<extension>([^<]*)<\/extension>\s*<value>([^<]*)</g,
    ),
  ].map(([, classifier, extension, value]) => `${classifier ?? ''}.${extension} ${value}`);
}

describe('the A-level', () => {
  it('lists what was deployed in the order of versions', async () => {
    for (const version of ['1.0', '2.0', '1.0.5']) await ci.deployRelease('com.acme', 'ordered', version);
    await ci.deploySnapshot({
      groupId: 'com.acme',
      artifactId: 'ordered',
      version: '2.1-SNAPSHOT',
      build: '20260101.120000-1',
    });
    const { body, headers } = await ci.get('com/acme/ordered/maven-metadata.xml');
    expect(versionsIn(body)).toEqual(['1.0', '1.0.5', '2.0', '2.1-SNAPSHOT']);
    expect(body).toContain('<release>2.0</release>');
    expect(body).toContain('<latest>2.1-SNAPSHOT</latest>');
    expect(headers).toMatchObject({
      'content-type': 'application/xml',
      'cache-control': 'no-cache',
      'x-checksum-sha1': digestOf('sha1', body),
    });
  });

  it('has checksums of its own bytes, and validators', async () => {
    const path = 'com/acme/ordered/maven-metadata.xml';
    const { body, headers } = await ci.get(path);
    for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512']) {
      expect(await ci.get(`${path}.${algorithm}`)).toMatchObject({ status: 200, body: digestOf(algorithm, body) });
    }
    expect((await ci.get(path, { 'if-none-match': headers.etag! })).status).toBe(304);
    expect((await ci.get(path, { range: 'bytes=0-1' })).status).toBe(200);
  });

  it('gives a reader the checksum of the document that it received, although another deploys in between', async () => {
    const path = 'com/acme/raced/maven-metadata.xml';
    await ci.deployRelease('com.acme', 'raced', '1.0');
    const { body } = await otherCi.get(path);
    await ci.deployRelease('com.acme', 'raced', '1.1');
    expect((await otherCi.get(`${path}.sha1`)).body).toBe(digestOf('sha1', body));
    const next = await otherCi.get(path);
    expect(versionsIn(next.body)).toEqual(['1.0', '1.1']);
    expect((await otherCi.get(`${path}.sha1`)).body).toBe(digestOf('sha1', next.body));
  });

  it('does not list what a client only claims, nor anything before it is complete', async () => {
    const path = 'com/acme/claimed/maven-metadata.xml';
    expect((await ci.put(path, artifactMetadataOf('com.acme', 'claimed', '9.9'))).status).toBe(201);
    expect((await ci.get(path)).status).toBe(404);
    await ci.put('com/acme/claimed/1.0/claimed-1.0.jar', jarOf('x'));
    expect((await ci.get(path)).status).toBe(404);
    await ci.put(path, artifactMetadataOf('com.acme', 'claimed', '1.0', '9.9'));
    expect(versionsIn((await ci.get(path)).body)).toEqual(['1.0']);
  });

  it('lists a version without uploaded metadata once it has settled', async () => {
    const path = 'com/acme/ivy/maven-metadata.xml';
    await ci.put('com/acme/ivy/1.0/ivy-1.0.jar', jarOf('x'));
    await ci.put('com/acme/ivy/1.0/ivy-1.0.pom', pomOf('com.acme', 'ivy', '1.0'));
    expect((await ci.get(path)).status).toBe(404);
    await server.database.query(
      "update file set published_at = now() - interval '61 seconds' where path like 'com/acme/ivy/%'",
    );
    expect(versionsIn((await ci.get(path)).body)).toEqual(['1.0']);
  });

  it('never lists a half release by time', async () => {
    expect((await ci.put('com/acme/half/1.0/half-1.0.jar', '<html>')).status).toBe(400);
    await ci.put('com/acme/half/1.0/half-1.0.pom', pomOf('com.acme', 'half', '1.0'));
    await server.database.query(
      "update file set published_at = now() - interval '1 hour' where path like 'com/acme/half/%'",
    );
    expect((await ci.get('com/acme/half/maven-metadata.xml')).status).toBe(404);
  });

  it('lists both versions of two deployments at once, each time', async () => {
    for (let round = 0; round < 5; round++) {
      const artifactId = `parallel${round}`;
      await Promise.all([
        ci.deployRelease('com.acme', artifactId, '1.0'),
        otherCi.deployRelease('com.acme', artifactId, '2.0'),
      ]);
      expect(versionsIn((await ci.get(`com/acme/${artifactId}/maven-metadata.xml`)).body)).toEqual(['1.0', '2.0']);
    }
  });

  it('accepts and drops any checksum of metadata', async () => {
    expect((await ci.put('com/acme/ordered/maven-metadata.xml.sha1', 'whatever')).status).toBe(201);
  });
});

describe('the V-level', () => {
  const at = { groupId: 'com.acme', artifactId: 'snap', version: '1.0-SNAPSHOT' };
  const path = 'com/acme/snap/1.0-SNAPSHOT/maven-metadata.xml';

  it('shows a build when its metadata has come, and until then the one before it', async () => {
    await ci.deploySnapshot({ ...at, build: '20260101.120000-1' });
    await ci.deploySnapshot({ ...at, build: '20260102.120000-2', finish: false });
    expect(entriesIn((await otherCi.get(path)).body)).toEqual([
      '.jar 1.0-20260101.120000-1',
      '.pom 1.0-20260101.120000-1',
    ]);
    await ci.put(path, snapshotMetadataOf({ ...at, build: '20260102.120000-2' }));
    const { body } = await otherCi.get(path);
    expect(entriesIn(body)).toEqual(['.jar 1.0-20260102.120000-2', '.pom 1.0-20260102.120000-2']);
    expect(body).toContain('<buildNumber>2</buildNumber>');
    for (const entry of entriesIn(body)) {
      const [extension, value] = entry.split(' ');
      expect((await otherCi.get(`com/acme/snap/1.0-SNAPSHOT/snap-${value}${extension}`)).status).toBe(200);
    }
  });

  it('does not complete the half build of another job that deploys the same snapshot', async () => {
    await otherCi.deploySnapshot({ ...at, build: '20260103.120000-3', finish: false });
    await ci.deploySnapshot({ ...at, build: '20260103.120001-3' });
    expect(entriesIn((await ci.get(path)).body)).toEqual(['.jar 1.0-20260103.120001-3', '.pom 1.0-20260103.120001-3']);
  });

  it('is missing for a release', async () => {
    await ci.deployRelease('com.acme', 'snap', '0.9');
    expect((await ci.get('com/acme/snap/0.9/maven-metadata.xml')).status).toBe(404);
  });

  it('gives the newest build under the literal name', async () => {
    const literal = 'com/acme/snap/1.0-SNAPSHOT/snap-1.0-SNAPSHOT.jar';
    const first = await ci.get(literal);
    expect(first).toMatchObject({
      status: 200,
      body: jarOf('20260103.120001-3'),
      headers: {
        'cache-control': 'no-cache',
        'content-location': expect.stringMatching(/snap-1\.0-20260103\.120001-3\.jar$/),
      },
    });
    expect((await ci.get(`${literal}.sha1`)).body).toBe(digestOf('sha1', first.body));
    await ci.deploySnapshot({ ...at, build: '20260104.120000-4' });
    expect((await ci.get(literal)).body).toBe(jarOf('20260104.120000-4'));
    expect((await ci.get(literal.replace('.jar', '-missing.jar'))).status).toBe(404);
  });

  it('refuses other bytes for a finished build', async () => {
    expect((await ci.put('com/acme/snap/1.0-SNAPSHOT/snap-1.0-20260104.120000-4.jar', jarOf('other'))).status).toBe(
      409,
    );
  });

  it('lists literal files too', async () => {
    const base = 'com/acme/literal/1.0-SNAPSHOT';
    await ci.put(`${base}/literal-1.0-SNAPSHOT.jar`, jarOf('x'));
    await ci.put(`${base}/literal-1.0-SNAPSHOT.pom`, pomOf('com.acme', 'literal', '1.0-SNAPSHOT'));
    await ci.put('com/acme/literal/maven-metadata.xml', artifactMetadataOf('com.acme', 'literal', '1.0-SNAPSHOT'));
    const { body } = await ci.get(`${base}/maven-metadata.xml`);
    expect(entriesIn(body)).toEqual(['.jar 1.0-SNAPSHOT', '.pom 1.0-SNAPSHOT']);
    expect(body).not.toContain('<snapshot>');
  });
});

describe('the G-level', () => {
  const path = 'com/acme/plugins/maven-metadata.xml';

  it('lists the prefix of a plugin, and takes the one that its client names', async () => {
    const base = 'com/acme/plugins/foo-maven-plugin';
    await ci.put(`${base}/1.0/foo-maven-plugin-1.0.jar`, jarOf('x'));
    await ci.put(
      `${base}/1.0/foo-maven-plugin-1.0.pom`,
      pomOf('com.acme.plugins', 'foo-maven-plugin', '1.0', '<packaging>maven-plugin</packaging><name>Foo</name>'),
    );
    expect((await ci.get(path)).body).toMatch(
      /<name>Foo<\/name>\s*<prefix>foo<\/prefix>\s*<artifactId>foo-maven-plugin</,
    );
    const named =
      '<metadata><plugins><plugin><name>Foo</name><prefix>food</prefix><artifactId>foo-maven-plugin</artifactId></plugin></plugins></metadata>';
    expect((await ci.put(path, named)).status).toBe(201);
    const { body } = await ci.get(path);
    expect(body).toContain('<prefix>food</prefix>');
    expect((await ci.get(`${path}.sha1`)).body).toBe(digestOf('sha1', body));
  });

  it('shares its document with an artifact of the same path', async () => {
    await ci.deployRelease('com.acme', 'plugins', '1.0');
    const { body } = await ci.get(path);
    expect(versionsIn(body)).toEqual(['1.0']);
    expect(body).toContain('<prefix>food</prefix>');
  });

  it('shows a reader only what it may read', async () => {
    const { token } = await server.createUser('narrow', [{ role: 'reader', names: 'com.acme:*' }]);
    const { body } = await ci.as(token).get(path);
    expect(versionsIn(body)).toEqual(['1.0']);
    expect(body).not.toContain('food');
  });
});

describe('after a restart', () => {
  it('every document has the same bytes', async () => {
    const paths = [
      'com/acme/ordered/maven-metadata.xml',
      'com/acme/snap/1.0-SNAPSHOT/maven-metadata.xml',
      'com/acme/plugins/maven-metadata.xml',
    ];
    const before = await Promise.all(paths.map(path => ci.get(path)));
    await server.restart();
    const after = await Promise.all(paths.map(path => ci.get(path)));
    expect(after.map(answer => answer.body)).toEqual(before.map(answer => answer.body));
    expect(after.map(answer => answer.headers.etag)).toEqual(before.map(answer => answer.headers.etag));
  });
});

describe('accepting metadata', () => {
  it.each([
    ['of other coordinates', artifactMetadataOf('org.other', 'x', '1'), 400],
    ['broken', '<metadata>', 400],
    ['with a document type', '<!DOCTYPE metadata [<!ENTITY a "b">]><metadata>&a;</metadata>', 400],
    ['too large', Buffer.alloc(9 * 1024 * 1024, 'x'), 413],
  ])('refuses a document that is %s', async (_, body, status) => {
    expect((await ci.put('com/acme/ordered/maven-metadata.xml', body)).status).toBe(status);
  });

  it.each(['maven-metadata.xml', '.meta/prefixes.txt', 'archetype-catalog.xml', '.index/x.gz'])(
    'takes and drops %s',
    async path => {
      expect((await ci.put(path, 'x')).status).toBe(201);
      expect((await ci.get(path)).status).toBe(404);
    },
  );
});
