import { describe, expect, it } from '@jest/globals';
import { digestOfHex } from '#kernel';
import type { FileRow, StateRow, VersionRow } from '#registry';
import { classify } from './layout.js';
import { decideReplacement, isOpen, openMs, settleMs, visibleVersions } from './lifecycle.js';

const start = Date.parse('2026-11-21T19:00:00Z');
const digest = digestOfHex('0'.repeat(64));

function version(id: string, text: string, more: Partial<VersionRow> = {}): VersionRow {
  const at = new Date(start);
  const row = { id, packageId: '1', text, metadata: {}, publishedAt: at, publishedBy: 'ci', publisherId: 'user:1' };
  return { ...row, sealedAt: null, updatedAt: at, removedAt: null, ...more };
}

function file(versionId: string, path: string, metadata: Record<string, unknown> = {}): FileRow {
  const blob = { blobId: '1', digest, sizeBytes: 1, checksums: {}, mediaType: 'x/y' };
  const row = { id: path, repositoryId: '1', packageId: '1', versionId, path, ...blob, metadata };
  return { ...row, publishedAt: new Date(start), publishedBy: 'ci', publisherId: 'user:1', removedAt: null };
}

const jar = (text: string) => `com/acme/lib/${text}/lib-${text}.jar`;
const pom = (text: string) => `com/acme/lib/${text}/lib-${text}.pom`;
const wholeRelease = [file('1', jar('1.0')), file('1', pom('1.0'), { pom: { packaging: 'jar' } })];

function listed(
  rows: { versions: VersionRow[]; files: FileRow[]; states?: StateRow[] },
  now = start,
  policy: 'mixed' | 'release' = 'mixed',
) {
  const visible = visibleVersions({ states: [], updatedAt: new Date(start), ...rows }, policy, now);
  return { texts: visible.versions.map(view => view.row.text), settlesAt: visible.settlesAt };
}

describe('visibleVersions', () => {
  it('lists a sealed version at once', () => {
    expect(
      listed({ versions: [version('1', '1.0', { sealedAt: new Date(start) })], files: [file('1', jar('1.0'))] }).texts,
    ).toEqual(['1.0']);
  });

  it('lists an open version when it is whole and has been left alone, and tells when', () => {
    const rows = { versions: [version('1', '1.0')], files: wholeRelease };
    expect(listed(rows)).toEqual({ texts: [], settlesAt: start + settleMs });
    expect(listed(rows, start + settleMs)).toEqual({ texts: ['1.0'], settlesAt: undefined });
  });

  it.each([
    ['its jar was refused', [file('1', pom('1.0'), { pom: { packaging: 'jar' } })]],
    ['it has no POM', [file('1', jar('1.0'))]],
    [
      'it has only a classifier',
      [file('1', pom('1.0'), { pom: { packaging: 'jar' } }), file('1', 'com/acme/lib/1.0/lib-1.0-sources.jar')],
    ],
  ])('never lists an open version by time when %s', (_, files) => {
    expect(listed({ versions: [version('1', '1.0')], files }, start + openMs * 10)).toEqual({
      texts: [],
      settlesAt: undefined,
    });
  });

  it.each([
    ['a parent', { packaging: 'pom' }],
    ['a relocation', { packaging: 'jar', relocation: { artifactId: 'x' } }],
  ])('does not wait for a jar beside the POM of %s', (_, facts) => {
    expect(
      listed({ versions: [version('1', '1.0')], files: [file('1', pom('1.0'), { pom: facts })] }, start + settleMs)
        .texts,
    ).toEqual(['1.0']);
  });

  it('hides what is quarantined, and versions that the version policy does not take', () => {
    const sealed = { sealedAt: new Date(start) };
    const versions = [version('1', '1.0', sealed), version('2', '1.1-SNAPSHOT', sealed)];
    const files = [...wholeRelease, file('2', 'com/acme/lib/1.1-SNAPSHOT/lib-1.1-SNAPSHOT.jar')];
    const at = new Date(start);
    const state: StateRow = {
      packageId: '1',
      versionId: '1',
      state: 'quarantined',
      reason: 'x',
      validFrom: at,
      validTo: null,
      changedBy: 'x',
    };
    expect(listed({ versions, files, states: [state] }).texts).toEqual(['1.1-SNAPSHOT']);
    expect(listed({ versions, files }, start, 'release').texts).toEqual(['1.0']);
  });

  it('counts as changed when a version settles, so that a client with the older list asks in vain no longer', () => {
    const rows = { versions: [version('1', '1.0')], files: wholeRelease, states: [], updatedAt: new Date(start) };
    expect(visibleVersions(rows, 'mixed', start).changedAt).toEqual(new Date(start));
    expect(visibleVersions(rows, 'mixed', start + settleMs * 2).changedAt).toEqual(new Date(start + settleMs));
  });

  it('does not list a version that has signatures only', () => {
    const versions = [version('1', '1.0', { sealedAt: new Date(start) })];
    expect(listed({ versions, files: [file('1', `${jar('1.0')}.asc`)] }).texts).toEqual([]);
  });
});

describe('isOpen', () => {
  it('ends with the seal and after ten minutes without a write', () => {
    expect(isOpen(version('1', '1'), start + openMs - 1)).toBe(true);
    expect(isOpen(version('1', '1'), start + openMs)).toBe(false);
    expect(isOpen(version('1', '1', { sealedAt: new Date(start) }), start)).toBe(false);
  });
});

describe('decideReplacement', () => {
  const snapshot = 'com/acme/lib/1.1-SNAPSHOT/lib-1.1-20261121.190000-1.jar';
  const literal = 'com/acme/lib/1.1-SNAPSHOT/lib-1.1-SNAPSHOT.jar';

  it.each([
    ['never', jar('1.0'), 'open', 'user:1', 'open-version:same-publisher'],
    ['never', jar('1.0'), 'open', 'user:2', false],
    ['never', jar('1.0'), 'sealed', 'user:1', false],
    ['never', `${jar('1.0')}.asc`, 'sealed', 'user:1', false],
    ['never', literal, 'sealed', 'user:1', 'open-version:literal-snapshot'],
    ['never', literal, 'sealed', 'user:2', 'literal-snapshot'],
    ['never', snapshot, 'sealed', 'user:1', false],
    ['snapshots-only', jar('1.0'), 'sealed', 'user:1', false],
    ['snapshots-only', snapshot, 'open', 'user:2', 'overwrite-policy:snapshots-only'],
    ['snapshots-only', snapshot, 'sealed', 'user:2', false],
    ['always', jar('1.0'), 'sealed', 'user:2', 'overwrite-policy:always'],
  ] as const)('under %s answers for %s, %s, by %s: %s', (policy, path, state, principalId, expected) => {
    const { resource } = classify(path.split('/'));
    if (resource.kind !== 'artifact') throw new Error(path);
    const present = {
      file: file('1', path),
      version: version('1', 'x', state === 'sealed' ? { sealedAt: new Date(start) } : {}),
    };
    const verdict = decideReplacement({
      policy,
      repository: 'maven-releases',
      artifact: resource.artifact,
      principalId,
      present,
      now: start,
    });
    expect(verdict.allow ? verdict.rule : false).toBe(expected);
  });

  it('names the coordinates, the policy and the way out', () => {
    const { resource } = classify(jar('1.0').split('/'));
    if (resource.kind !== 'artifact') throw new Error();
    const present = { file: file('1', jar('1.0')), version: version('1', '1.0', { sealedAt: new Date(start) }) };
    const verdict = decideReplacement({
      policy: 'never',
      repository: 'maven-releases',
      artifact: resource.artifact,
      principalId: 'user:1',
      present,
      now: start,
    });
    expect(verdict).toEqual({
      allow: false,
      rule: 'overwrite-policy:never',
      code: 'version-exists',
      reason:
        'com.acme:lib:jar:1.0 is already released with other content (overwrite policy of maven-releases: never). Deploy a new version.',
    });
  });
});
