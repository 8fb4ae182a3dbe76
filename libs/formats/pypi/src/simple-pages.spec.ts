import { describe, expect, it } from '@jest/globals';
import { digestOfHex } from '#kernel';
import type { FileRow, StateRow } from '#registry';
import { filePath } from './filenames.js';
import { parseProjectName } from './names.js';
import { projectPage, type FileMetadata } from './project-page.js';
import { renderProjectHtml, renderRootHtml } from './simple-html.js';
import { renderProjectJson, renderRootJson } from './simple-json.js';

const sha256 = 'ab'.repeat(32);

function row(fileName: string, version: string, more: Partial<FileMetadata> = {}): FileRow {
  const metadata: FileMetadata = { fileName, version, packageType: 'sdist', pythonVersion: 'source', ...more };
  return {
    id: '1',
    repositoryId: '1',
    packageId: '1',
    versionId: version,
    path: filePath(fileName),
    blobId: '1',
    digest: digestOfHex(sha256),
    sizeBytes: 123,
    checksums: { sha256, md5: 'cd'.repeat(16) },
    mediaType: 'application/octet-stream',
    metadata: metadata as unknown as Record<string, unknown>,
    publishedAt: new Date('2026-08-01T12:34:56.789Z'),
    publishedBy: 'a',
    publisherId: 'user:1',
    removedAt: null,
  };
}

function state(version: string, reason: string): StateRow {
  return {
    packageId: '1',
    versionId: version,
    state: 'yanked',
    reason,
    validFrom: new Date(),
    validTo: null,
    changedBy: 'a',
  };
}

const name = parseProjectName('demo');

interface Rendered {
  files: Record<string, unknown>[];
  versions: string[];
}

function json(rows: FileRow[], states: StateRow[] = []): Rendered {
  return JSON.parse(renderProjectJson(projectPage(name, rows, states))) as Rendered;
}

function html(rows: FileRow[], states: StateRow[] = []): string {
  return renderProjectHtml(projectPage(name, rows, states));
}

describe('the project page', () => {
  const plain = row('demo-1.0+a.tar.gz', '1.0+a');
  const rich = row('demo-1.0.tar.gz', '1.0', { requiresPython: '<4,>=3.8', coreMetadataSha256: 'ef'.repeat(32) });

  it('has in JSON what the standard says and no null', () => {
    expect(JSON.parse(renderProjectJson(projectPage(name, [rich], [])))).toEqual({
      meta: { 'api-version': '1.4' },
      name: 'demo',
      'project-status': { status: 'active' },
      versions: ['1.0'],
      files: [
        {
          filename: 'demo-1.0.tar.gz',
          url: `../../${filePath('demo-1.0.tar.gz')}`,
          hashes: { sha256 },
          'requires-python': '<4,>=3.8',
          'core-metadata': { sha256: 'ef'.repeat(32) },
          yanked: false,
          size: 123,
          'upload-time': '2026-08-01T12:34:56.789Z',
        },
      ],
    });
    const keys = Object.keys(json([plain]).files[0]!);
    expect(keys).toEqual(['filename', 'url', 'hashes', 'yanked', 'size', 'upload-time']);
  });

  it('has in HTML the same, escaped', () => {
    const page = html([rich]);
    expect(page.startsWith('<!DOCTYPE html>')).toBe(true);
    expect(page).toContain('<meta name="pypi:repository-version" content="1.4">');
    expect(page).toContain('<meta name="pypi:project-status" content="active">');
    expect(page).toContain(
      `<a href="../../${filePath('demo-1.0.tar.gz')}#sha256=${sha256}" data-requires-python="&lt;4,&gt;=3.8"` +
        ` data-core-metadata="sha256=${'ef'.repeat(32)}" data-dist-info-metadata="sha256=${'ef'.repeat(32)}"` +
        ' data-size="123" data-upload-time="2026-08-01T12:34:56.789Z">demo-1.0.tar.gz</a>',
    );
  });

  it('leaves out attributes that have no value', () => {
    expect(html([plain])).not.toMatch(/data-(?:core|dist|yanked|requires)/);
  });

  it('writes + as %2B in links and as + in names', () => {
    expect(json([plain]).files[0]).toMatchObject({
      filename: 'demo-1.0+a.tar.gz',
      url: expect.stringMatching(/demo-1\.0%2Ba\.tar\.gz$/),
    });
    expect(html([plain])).toMatch(/demo-1\.0%2Ba\.tar\.gz#sha256=.*>demo-1\.0\+a\.tar\.gz<\/a>/);
  });

  it('shows a yank with its reason, and without one', () => {
    const reason = '"a" & <b>';
    expect(json([plain, rich], [state('1.0', reason)]).files.map(file => file['yanked'])).toEqual([reason, false]);
    expect(html([rich], [state('1.0', reason)])).toContain('data-yanked="&quot;a&quot; &amp; &lt;b&gt;"');
    expect(json([rich], [state('1.0', '')]).files[0]!['yanked']).toBe(true);
    expect(html([rich], [state('1.0', '')])).toContain(' data-yanked=""');
  });

  it('lists versions and files in ascending order and leaves siblings out', () => {
    const rows = [
      row('demo-1.10.tar.gz', '1.10'),
      row('demo-1.9-py3-none-any.whl', '1.9', { packageType: 'bdist_wheel' }),
      row('demo-1.9.tar.gz', '1.9'),
      row('demo-1.10rc1.tar.gz', '1.10rc1'),
      { ...row('x', '1'), path: `${filePath('demo-1.9.tar.gz')}.metadata`, metadata: {} },
    ];
    const page = json(rows);
    expect(page.versions).toEqual(['1.9', '1.10rc1', '1.10']);
    expect(page.files.map(file => file['filename'])).toEqual([
      'demo-1.9-py3-none-any.whl',
      'demo-1.9.tar.gz',
      'demo-1.10rc1.tar.gz',
      'demo-1.10.tar.gz',
    ]);
  });

  it('renders 10,000 files in little time', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => row(`demo-1.${i}.tar.gz`, `1.${i}`));
    const start = performance.now();
    const page = projectPage(name, rows, []);
    expect(renderProjectJson(page).length + renderProjectHtml(page).length).toBeGreaterThan(1_000_000);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('the root page', () => {
  const projects = [{ name: 'foo-bar', displayName: 'Foo.Bar' }];

  it('names projects as their publishers wrote them and links to the normal form', () => {
    expect(JSON.parse(renderRootJson(projects))).toEqual({
      meta: { 'api-version': '1.4' },
      projects: [{ name: 'Foo.Bar' }],
    });
    expect(renderRootHtml(projects)).toContain('<a href="foo-bar/">Foo.Bar</a>');
  });
});
