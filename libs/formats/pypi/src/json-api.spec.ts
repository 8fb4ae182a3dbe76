import { describe, expect, it } from '@jest/globals';
import { latestVersion, renderJsonApi } from './json-api.js';
import { parseProjectName } from './names.js';
import type { PageFile, ProjectPage } from './project-page.js';

function page(...versions: (readonly [version: string, yanked?: string])[]): ProjectPage {
  const files = versions.map(([version, yanked]): PageFile => ({
    fileName: `demo-${version}.tar.gz`,
    version,
    packageType: 'sdist',
    pythonVersion: 'source',
    path: `packages/aa/demo-${version}.tar.gz`,
    sha256: 'a'.repeat(64),
    md5: 'b'.repeat(32),
    sizeBytes: 5,
    uploadedAt: new Date('2026-08-01T12:34:56.789Z'),
    yanked,
  }));
  return { name: parseProjectName('demo'), files, versions: versions.map(([version]) => version) };
}

describe('latestVersion', () => {
  it.each([
    ['the highest final one', page(['1.0'], ['1.1'], ['2.0rc1']), '1.1'],
    ['a final one before a higher yanked one', page(['1.0'], ['1.1', '']), '1.0'],
    ['the highest pre-release when nothing else is there', page(['1.0', 'bad'], ['2.0a1'], ['2.0a2']), '2.0a2'],
    ['the highest yanked one when all are', page(['1.0', ''], ['1.1', '']), '1.1'],
    ['none of none', page(), undefined],
  ])('is %s', (_name, of, expected) => {
    expect(latestVersion(of)).toBe(expected);
  });
});

describe('renderJsonApi', () => {
  const answer = {
    page: page(['1.0', 'broken'], ['1.1']),
    displayName: 'Demo',
    version: '1.1',
    facts: { summary: 'A demo', projectUrls: ['Home, https://larder.test'], requiresDist: ['a>1'] },
    description: 'Long',
    baseUrl: 'http://host/repository/r',
    withReleases: true,
  };

  it('gives the facts of the version, its files with absolute URLs, and all releases', () => {
    expect(JSON.parse(renderJsonApi(answer))).toMatchObject({
      info: {
        name: 'Demo',
        version: '1.1',
        summary: 'A demo',
        description: 'Long',
        project_urls: { Home: 'https://larder.test' },
        yanked: false,
      },
      urls: [
        {
          filename: 'demo-1.1.tar.gz',
          url: 'http://host/repository/r/packages/aa/demo-1.1.tar.gz',
          upload_time: '2026-08-01T12:34:56',
        },
      ],
      releases: { '1.0': [{ yanked: true, yanked_reason: 'broken' }], '1.1': [{ yanked: false, yanked_reason: null }] },
    });
  });

  it('leaves the releases out for one version', () => {
    expect(JSON.parse(renderJsonApi({ ...answer, withReleases: false }))).not.toHaveProperty('releases');
  });
});
