import { describe, expect, it } from '@jest/globals';
import { pathOf, type Artifact } from './coordinates.js';
import { classify, exceededLimit, metadataReadings } from './layout.js';

function read(path: string) {
  return classify(path.split('/'), false);
}

function artifactOf(path: string): Artifact {
  const { resource } = read(path);
  if (resource.kind !== 'artifact') throw new Error(`${path} is ${JSON.stringify(resource)}`);
  return resource.artifact;
}

const build3 = { timestamp: '20260101.120000', number: 3 };

describe('classify', () => {
  it.each<[string, Partial<Artifact>]>([
    ['junit/junit/3.8/junit-3.8.jar', { groupId: 'junit', artifactId: 'junit', baseVersion: '3.8', extension: 'jar' }],
    ['org/x/app/1.0/app-1.0.tar.gz', { extension: 'tar.gz' }],
    ['org/x/app/1.0/app-1.0-bin.tar.zst', { classifier: 'bin', extension: 'tar.zst' }],
    [
      'org/x/app/1.0-beta-5/app-1.0-beta-5-bundle.tar.gz',
      { baseVersion: '1.0-beta-5', classifier: 'bundle', extension: 'tar.gz' },
    ],
    [
      'org/x/app/SNAPSHOT/app-SNAPSHOT-bin.tar.gz',
      { baseVersion: 'SNAPSHOT', version: 'SNAPSHOT', classifier: 'bin', extension: 'tar.gz' },
    ],
    [
      'org/x/app/1.0-SNAPSHOT/app-1.0-20260101.120000-3.jar',
      { baseVersion: '1.0-SNAPSHOT', version: '1.0-20260101.120000-3', build: build3 },
    ],
    [
      'org/x/app/1.0-SNAPSHOT/app-1.0-20260101.120000-3-some.strange.classifier.pom.asc',
      { build: build3, classifier: 'some.strange.classifier', extension: 'pom', signature: 'asc' },
    ],
    ['org/x/app/1.0-SNAPSHOT/app-1.0-SNAPSHOT-jdk14.jar', { version: '1.0-SNAPSHOT', classifier: 'jdk14' }],
    [
      'org/x/app/1.0-SNAPSHOT-1234/app-1.0-SNAPSHOT-1234.jar',
      { baseVersion: '1.0-SNAPSHOT-1234', version: '1.0-SNAPSHOT-1234' },
    ],
    ['org/x/app/1.0/app-1.0-cli.anyext.zip', { classifier: 'cli.anyext', extension: 'zip' }],
    [
      'org/x/app/1.0/app-1.0.jar.sigstore.json',
      { classifier: undefined, extension: 'jar', signature: 'sigstore.json' },
    ],
    ['org/x/app/1.0/app-1.0.spdx.json', { classifier: undefined, extension: 'spdx.json' }],
    ['org/x/app/1.0/app-1.0-cyclonedx.json', { classifier: 'cyclonedx', extension: 'json' }],
    ['org/x/app/1.0/app-1.0-build.pom', { classifier: 'build', extension: 'pom' }],
    [
      'org/x/lib_2.13/1.0+3-ab12/lib_2.13-1.0+3-ab12.pom',
      { artifactId: 'lib_2.13', baseVersion: '1.0+3-ab12', extension: 'pom' },
    ],
    ['g/a-b/1/a-b-1-c-d.x', { groupId: 'g', artifactId: 'a-b', baseVersion: '1', classifier: 'c-d', extension: 'x' }],
    ['g/a/1-b/a-1-b-c.jar', { baseVersion: '1-b', classifier: 'c' }],
    ['g/a/1/a-1.7z', { extension: '7z' }],
  ])('reads %s', (path, expected) => {
    const artifact = artifactOf(path);
    expect(artifact).toMatchObject(expected);
    expect(pathOf(artifact)).toBe(path);
  });

  it.each(['yaml', 'json', 'properties', 'tgz', 'nbm', 'hpi', 'so', 'dylib', 'exe'])(
    'takes the extension %s like any other',
    extension => {
      expect(artifactOf(`g/a/1.0/a-1.0.${extension}`)).toMatchObject({ extension, classifier: undefined });
    },
  );

  it.each([
    ['app-1.0.jar', /too few parts/],
    ['g/app-1.0.jar', /too few parts/],
    ['g/1/a-1.jar', /too few parts/],
    ['org/x/app/1.2-SNAPSHOT/app-1.2-20101214.143755.ear', /timestamp and a build number/],
    ['org/x/app/2.0-SNAPSHOT/app-2.0-alpha-1-20070109.165112-13.jar', /must carry/],
    ['g/a/1.0-SNAPSHOT/a-1.0-20261332.250000-1.jar', /not the timestamp/],
    ['g/a/1.0-SNAPSHOT/a-1.0-20260230.120000-1.jar', /not the timestamp/],
    ['g/a/1.0-SNAPSHOT/a-1.0-20260101.120000-99999999999999999999.jar', /not the timestamp/],
    ['g/a/1.0-SNAPSHOT/a-1.0-20260101.120000-03.jar', /not the timestamp/],
    ['g/a/1.0-20260101.120000-1/a-1.0-20260101.120000-1.jar', /-SNAPSHOT version/],
    ['org/x/app/1.0/app-1.0.1.jar', /not an extension/],
    ['org/x/app/1.0/app-1.0-20260101.120000-1.jar', /snapshot's timestamp/],
    ['g/a/1.0RC1-SNAPSHOT/a-1.0RC1-SNAPSHOT-20070504.160758-25-javadoc.jar', /snapshot's timestamp/],
    ['g/a/1.0/b-1.0.jar', /must begin with "a-"/],
    ['g/a/1.0/a-1.1.jar', /must carry "1.0"/],
    ['g/a/1.0/a-1.0', /no extension/],
    ['g/a/1.0/a-1.0-.jar', /empty classifier/],
    ['g/a/1.0/a-1.0-x.', /not an extension/],
    ['g/a/1.0/a-1.0-x', /no extension/],
    ['g/a/1.0/a-1.0-x;y.jar', /none of/],
    ['g/a/1 0/a-1 0.jar', /none of/],
    ['g/a/1.0/a-1.0.jar.sha1.md5', /no checksum of its own/],
    ['g/a/1.0/a-1.0.jar.sha1.asc', /not to a checksum/],
    ['g/a/1.0/a-1.0.jar.asc.asc', /another signature/],
    ['g/a/1.0/.sha1', /name of the file/],
    ['org.x/app/1.0/app-1.0.jar', /no dots/],
  ])('does not read %s as an artifact and says why', (path, reason) => {
    const { resource } = read(path);
    expect(resource.kind).toBe('unknown');
    expect(resource.kind === 'unknown' && resource.reason).toMatch(reason);
  });

  it.each([
    ['org/ä/app/1.0/app-1.0.jar', /groupId/],
    ['org/x/äpp/1.0/äpp-1.0.jar', /artifactId/],
  ])('reads %s, but tells that a strict layout refuses it', (path, reason) => {
    const { resource } = read(path);
    expect(resource.kind === 'artifact' && resource.strict).toMatch(reason);
  });

  it.each([
    ['g/a/maven-metadata-central.xml', 'junk'],
    ['g/a/1.0/_remote.repositories', 'junk'],
    ['g/a/1.0/a-1.0.jar.lastUpdated', 'junk'],
    ['.meta/prefixes.txt', 'auxiliary'],
    ['archetype-catalog.xml', 'auxiliary'],
    ['.index/nexus-maven-repository-index.gz', 'auxiliary'],
    ['g/a/maven-metadata.xml', 'metadata'],
    ['maven-metadata.xml', 'metadata'],
  ] as const)('calls %s %s', (path, kind) => expect(read(path).resource.kind).toBe(kind));

  it('peels the checksum off any path', () => {
    expect(read('g/a/1.0/a-1.0.jar.sha512')).toMatchObject({ checksum: 'sha512', path: 'g/a/1.0/a-1.0.jar' });
    expect(read('g/a/1.0/a-1.0.jar.asc.md5')).toMatchObject({ checksum: 'md5', path: 'g/a/1.0/a-1.0.jar.asc' });
    expect(read('g/a/maven-metadata.xml.sha1')).toMatchObject({ checksum: 'sha1', resource: { kind: 'metadata' } });
  });

  it('calls a path with a slash at its end a directory', () => {
    expect(classify(['g', 'a', '1.0'], true).resource.kind).toBe('directory');
    expect(classify([]).resource.kind).toBe('directory');
  });

  it('takes linear time on hostile names', () => {
    const started = performance.now();
    for (const piece of ['-', '.', '-.', '1.', '20260101.120000-1'])
      read(`g/a/1.0-SNAPSHOT/a-1.0-${piece.repeat(10_000)}.jar`);
    expect(performance.now() - started).toBeLessThan(200);
  });

  it('writes back every path that it reads', () => {
    const parts = {
      a: ['a', 'a-b', 'x_2.13'],
      v: ['1', '1.0-rc-1', '2-SNAPSHOT', 'SNAPSHOT'],
      c: ['', '-sources', '-c-d'],
      e: ['jar', 'tar.gz', 'pom.asc'],
    };
    for (const a of parts.a) {
      for (const v of parts.v) {
        for (const c of parts.c) {
          for (const e of parts.e) {
            const path = `org/x/${a}/${v}/${a}-${v}${c}.${e}`;
            expect(pathOf(artifactOf(path))).toBe(path);
          }
        }
      }
    }
  });
});

describe('exceededLimit', () => {
  it.each([
    ['a long segment', ['g', 'a', '1', `a-1-${'x'.repeat(252)}`], /longer than 255 bytes/],
    ['many segments', Array.from({ length: 51 }, () => 'g'), /more than 50 parts/],
    ['a long path', Array.from({ length: 49 }, () => 'g'.repeat(40)), /longer than 1000/],
  ])('names %s', (_, segments, message) => expect(exceededLimit(segments)).toMatch(message));

  it('lets an ordinary path pass', () => expect(exceededLimit(['g', 'a', '1', 'a-1.jar'])).toBeUndefined());
});

describe('metadataReadings', () => {
  it('gives an artifact and a group for one directory', () => {
    expect(metadataReadings(['a', 'b', 'c'])).toEqual({
      artifact: { groupId: 'a.b', artifactId: 'c' },
      snapshot: undefined,
      groupId: 'a.b.c',
    });
  });

  it('gives the snapshot for its directory', () => {
    expect(metadataReadings(['a', 'b', '1.0-SNAPSHOT']).snapshot).toEqual({
      groupId: 'a',
      artifactId: 'b',
      baseVersion: '1.0-SNAPSHOT',
    });
    expect(metadataReadings(['a', 'b', '1.0']).snapshot).toBeUndefined();
  });

  it('gives nothing at the root and only a group below it', () => {
    expect(metadataReadings([])).toEqual({ artifact: undefined, snapshot: undefined, groupId: undefined });
    expect(metadataReadings(['a'])).toEqual({ artifact: undefined, snapshot: undefined, groupId: 'a' });
  });
});
