import { describe, expect, it } from '@jest/globals';
import type { PackageRow, TagRow, VersionRow } from '#registry';
import { basePlaceholder } from './manifest.js';
import { renderPackument, renderVersion, revisionOf, type PackumentParts } from './packument.js';

const pkg: PackageRow = {
  id: '7',
  repositoryId: '1',
  name: '@acme/foo',
  displayName: '@acme/foo',
  revision: 3,
  metadata: {},
  createdAt: new Date('2026-01-01T00:00:00.000Z'),
  updatedAt: new Date('2026-01-03T00:00:00.001Z'),
};

function version(text: string, metadata: Record<string, unknown> = {}): VersionRow {
  return {
    id: text,
    packageId: '7',
    text,
    metadata,
    publishedAt: new Date('2026-01-02T00:00:00.000Z'),
    publishedBy: 'ann',
    publisherId: 'user:1',
    sealedAt: new Date(0),
    updatedAt: new Date(0),
    removedAt: null,
  };
}

function tag(name: string, target: string): TagRow {
  return {
    id: name,
    packageId: '7',
    name,
    versionId: target,
    version: target,
    validFrom: pkg.createdAt,
    validTo: null,
    movedBy: 'ann',
    client: null,
  };
}

function fragment(text: string): string {
  return `{"version":"${text}","note":"\\u0001","dist":{"tarball":"${basePlaceholder}/foo-${text}.tgz"}}`;
}

const parts: PackumentParts = {
  package: pkg,
  versions: [
    { version: version('1.10.0', { description: 'ten' }), fragment: fragment('1.10.0'), deprecated: undefined },
    { version: version('1.9.0', { description: 'nine' }), fragment: fragment('1.9.0'), deprecated: 'use "ten"' },
  ],
  tags: [tag('latest', '1.10.0'), tag('old', '1.9.0')],
  readme: { file: 'README.md', text: '# foo' },
};

function render(form: 'full' | 'abbreviated', from = parts, base = 'http://h:1/repository/npm') {
  return JSON.parse(renderPackument(form, from, base).toString()) as Record<string, Record<string, unknown>>;
}

describe('renderPackument', () => {
  it('renders the full form', () => {
    expect(render('full')).toEqual({
      _id: '@acme/foo',
      _rev: revisionOf(pkg),
      name: '@acme/foo',
      'dist-tags': { latest: '1.10.0', old: '1.9.0' },
      versions: {
        '1.9.0': {
          version: '1.9.0',
          note: '\u0001',
          dist: { tarball: 'http://h:1/repository/npm/foo-1.9.0.tgz' },
          deprecated: 'use "ten"',
        },
        '1.10.0': { version: '1.10.0', note: '\u0001', dist: { tarball: 'http://h:1/repository/npm/foo-1.10.0.tgz' } },
      },
      time: {
        created: '2026-01-01T00:00:00.000Z',
        modified: '2026-01-03T00:00:00.001Z',
        '1.9.0': '2026-01-02T00:00:00.000Z',
        '1.10.0': '2026-01-02T00:00:00.000Z',
      },
      description: 'ten',
      maintainers: [{ name: 'ann', email: '' }],
      users: {},
      readme: '# foo',
      readmeFilename: 'README.md',
    });
  });

  it('renders the abbreviated form with time and modified', () => {
    const document = render('abbreviated');
    expect(Object.keys(document)).toEqual(['name', 'modified', 'dist-tags', 'versions', 'time']);
    expect(document.time).toHaveProperty(['1.9.0'], '2026-01-02T00:00:00.000Z');
  });

  it('sorts versions by precedence', () => {
    expect(Object.keys(render('full').versions ?? {})).toEqual(['1.9.0', '1.10.0']);
  });

  it('moves the hoisted fields with the tag latest, and leaves them out without it', () => {
    expect(render('full', { ...parts, tags: [tag('latest', '1.9.0')] }).description).toBe('nine');
    expect(render('full', { ...parts, tags: [], readme: undefined })).toMatchObject({ readme: '', readmeFilename: '' });
    expect(render('full', { ...parts, tags: [] }).description).toBeUndefined();
  });

  it('renders 5,000 versions within a second', () => {
    const versions = Array.from({ length: 5000 }, (_, i) => {
      const text = `1.${(i * 7919) % 5000}.0`;
      return { version: version(text), fragment: fragment(text), deprecated: undefined };
    });
    const start = performance.now();
    const bytes = renderPackument('abbreviated', { ...parts, versions }, 'http://h/r');
    expect(performance.now() - start).toBeLessThan(1000);
    expect(Object.keys((JSON.parse(bytes.toString()) as { versions: object }).versions)).toHaveLength(5000);
  });
});

describe('renderVersion', () => {
  it('gives the manifest with the tarball below the base', () => {
    const document = JSON.parse(renderVersion(parts.versions[1]!, 'http://h/$&').toString()) as unknown;
    expect(document).toMatchObject({ dist: { tarball: 'http://h/$&/foo-1.9.0.tgz' }, deprecated: 'use "ten"' });
  });
});

describe('validators', () => {
  it('makes a revision that changes with every change of the package', () => {
    expect(revisionOf(pkg)).toMatch(/^3-[0-9a-f]{32}$/);
    expect(revisionOf({ ...pkg, revision: 4 })).not.toBe(revisionOf(pkg));
  });
});
