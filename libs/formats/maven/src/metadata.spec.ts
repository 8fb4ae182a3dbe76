import { describe, expect, it } from '@jest/globals';
import {
  artifactMetadata,
  renderArtifactMetadata,
  renderSnapshotMetadata,
  snapshotMetadata,
  type SnapshotFile,
} from './metadata.js';

const at = new Date('2026-11-21T19:25:10Z');
const lib = { groupId: 'com.acme', artifactId: 'lib' };

function versions(...texts: string[]) {
  return texts.map(baseVersion => ({ baseVersion, publishedAt: at }));
}

function file(number: number, extension: string, more: Partial<SnapshotFile> = {}): SnapshotFile {
  const timestamp = `20261121.19251${number}`;
  const base = {
    version: `1.2-${timestamp}-${number}`,
    build: { timestamp, number },
    classifier: undefined,
    extension,
  };
  return { ...base, isPom: extension === 'pom', publishedAt: at, ...more };
}

describe('the A-level', () => {
  it('lists the versions ascending with the highest as latest and the highest release', () => {
    const document = artifactMetadata(lib, versions('1.2-SNAPSHOT', '1.1', '1.0', '1.2-SNAPSHOT'));
    expect(renderArtifactMetadata({ artifact: document, plugins: [] })).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<metadata modelVersion="1.1.0">
  <groupId>com.acme</groupId>
  <artifactId>lib</artifactId>
  <versioning>
    <latest>1.2-SNAPSHOT</latest>
    <release>1.1</release>
    <versions>
      <version>1.0</version>
      <version>1.1</version>
      <version>1.2-SNAPSHOT</version>
    </versions>
    <lastUpdated>20261121192510</lastUpdated>
  </versioning>
</metadata>
`);
  });

  it('does not move RELEASE back for a fix of an older line', () => {
    const text = renderArtifactMetadata({
      artifact: artifactMetadata(lib, versions('1.0', '2.0', '1.0.5')),
      plugins: [],
    });
    expect(text).toContain('<release>2.0</release>');
    expect(text).toContain('<latest>2.0</latest>');
  });

  it('has no release when there are only snapshots, and no document without versions', () => {
    expect(
      renderArtifactMetadata({ artifact: artifactMetadata(lib, versions('1-SNAPSHOT')), plugins: [] }),
    ).not.toContain('<release>');
    expect(artifactMetadata(lib, [])).toBeUndefined();
  });

  it('takes lastUpdated from the rows, so that equal rows give equal bytes', () => {
    const document = artifactMetadata(lib, [
      { baseVersion: '1', publishedAt: new Date('2026-01-01T00:00:00Z') },
      { baseVersion: '2', publishedAt: at },
    ]);
    expect(document?.lastUpdated).toEqual(at);
  });

  it('shares its document with the plugins of the group, sorted and escaped', () => {
    const plugins = [
      { name: 'B & C', prefix: 'b', artifactId: 'b-maven-plugin' },
      { name: 'A', prefix: 'a', artifactId: 'a-maven-plugin' },
    ];
    const text = renderArtifactMetadata({ artifact: undefined, plugins });
    expect(text).toContain('<name>B &amp; C</name>');
    expect(text.indexOf('a-maven-plugin')).toBeLessThan(text.indexOf('b-maven-plugin'));
    expect(text).not.toContain('versioning');
  });
});

describe('the V-level', () => {
  const coordinates = { ...lib, baseVersion: '1.2-SNAPSHOT' };

  it('lists for each classifier and extension the newest build', () => {
    const document = snapshotMetadata(coordinates, [
      file(7, 'jar'),
      file(7, 'pom'),
      file(7, 'jar', { classifier: 'sources' }),
      file(8, 'jar'),
      file(8, 'pom'),
    ]);
    expect(renderSnapshotMetadata(document!)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<metadata modelVersion="1.1.0">
  <groupId>com.acme</groupId>
  <artifactId>lib</artifactId>
  <version>1.2-SNAPSHOT</version>
  <versioning>
    <snapshot>
      <timestamp>20261121.192518</timestamp>
      <buildNumber>8</buildNumber>
    </snapshot>
    <lastUpdated>20261121192510</lastUpdated>
    <snapshotVersions>
      <snapshotVersion>
        <extension>jar</extension>
        <value>1.2-20261121.192518-8</value>
        <updated>20261121192518</updated>
      </snapshotVersion>
      <snapshotVersion>
        <classifier>sources</classifier>
        <extension>jar</extension>
        <value>1.2-20261121.192517-7</value>
        <updated>20261121192517</updated>
      </snapshotVersion>
      <snapshotVersion>
        <extension>pom</extension>
        <value>1.2-20261121.192518-8</value>
        <updated>20261121192518</updated>
      </snapshotVersion>
    </snapshotVersions>
  </versioning>
</metadata>
`);
  });

  it('keeps <snapshot> at the newest build that has a POM', () => {
    const document = snapshotMetadata(coordinates, [
      file(8, 'pom'),
      file(8, 'jar'),
      file(9, 'jar', { classifier: 'linux' }),
    ]);
    expect(document?.newest?.number).toBe(8);
    expect(document?.entries.find(entry => entry.classifier === 'linux')?.value).toBe('1.2-20261121.192519-9');
  });

  it('lists literal files by their storage time, without <snapshot> when there are no others', () => {
    const literal = file(1, 'jar', { version: '1.2-SNAPSHOT', build: undefined, publishedAt: at });
    expect(renderSnapshotMetadata(snapshotMetadata(coordinates, [literal])!)).not.toContain('<snapshot>');
    // Build 7 carries a later timestamp than the literal file's storage, build 0 the same.
    expect(snapshotMetadata(coordinates, [literal, file(7, 'jar')])?.entries[0]?.value).toBe('1.2-20261121.192517-7');
    const later = { ...literal, publishedAt: new Date('2026-11-21T20:00:00Z') };
    expect(snapshotMetadata(coordinates, [later, file(7, 'jar')])?.entries[0]?.value).toBe('1.2-SNAPSHOT');
  });

  it('does not depend on the order of the rows', () => {
    const files = [file(7, 'jar'), file(8, 'jar'), file(8, 'pom'), file(7, 'pom')];
    const forward = renderSnapshotMetadata(snapshotMetadata(coordinates, files)!);
    expect(renderSnapshotMetadata(snapshotMetadata(coordinates, files.toReversed())!)).toBe(forward);
  });

  it('lists signatures with the extension that Maven gives them', () => {
    expect(snapshotMetadata(coordinates, [file(7, 'jar.asc')])?.entries[0]?.extension).toBe('jar.asc');
  });
});
