import { describe, expect, it } from '@jest/globals';
import { basePlaceholder, composeManifest } from './manifest.js';
import type { JsonObject } from './manifest-fields.js';

function compose(
  packageJson: JsonObject,
  { files = [], announced = {} }: { files?: string[]; announced?: JsonObject } = {},
) {
  const manifest = composeManifest({
    name: '@acme/foo',
    version: '1.0.0',
    announced,
    contents: {
      packageJson,
      readme: undefined,
      fileCount: 3,
      unpackedBytes: 99,
      paths: new Set(['package.json', ...files]),
    },
    sha1: 'ab12',
    sha512: 'ff00',
    publisher: 'ann',
  });
  return { full: parse(manifest.full), abbreviated: parse(manifest.abbreviated), summary: manifest.summary };
}

function parse(fragment: string): JsonObject {
  return JSON.parse(fragment.replaceAll(basePlaceholder, '<base>')) as JsonObject;
}

describe('composeManifest', () => {
  it('takes the manifest from the tarball and only facts about the packing from the document', () => {
    const { full } = compose(
      {
        name: 'x',
        version: 'v1.0.0',
        scripts: { test: 'true' },
        dist: { tarball: 'evil' },
        _npmUser: { name: 'eve' },
        _where: '/home',
      },
      {
        announced: {
          scripts: { install: 'evil' },
          _nodeVersion: '26.0.0',
          _npmVersion: '11.0.0',
          gitHead: 'abc',
          description: 'lie',
        },
      },
    );
    expect(full).toEqual({
      name: '@acme/foo',
      version: '1.0.0',
      scripts: { test: 'true' },
      _id: '@acme/foo@1.0.0',
      _nodeVersion: '26.0.0',
      _npmVersion: '11.0.0',
      gitHead: 'abc',
      _npmUser: { name: 'ann', email: '' },
      _hasShrinkwrap: false,
      maintainers: [{ name: 'ann', email: '' }],
      dist: {
        tarball: '<base>/@acme/foo/-/foo-1.0.0.tgz',
        shasum: 'ab12',
        integrity: 'sha512-/wA=',
        fileCount: 3,
        unpackedSize: 99,
      },
    });
  });

  it.each<[string, JsonObject, string[], JsonObject]>([
    ['bin as text', { bin: './cli.js' }, [], { bin: { foo: 'cli.js' } }],
    ['bin as a map', { bin: { '@acme/x': '../../etc/x', y: 5 } }, [], { bin: { x: 'etc/x' } }],
    ['bin as a list', { bin: ['./bin/a.js'] }, [], { bin: { 'a.js': 'bin/a.js' } }],
    [
      'directories.bin',
      { directories: { bin: './bin' } },
      ['bin/b', 'bin/a', 'bin/.hidden', 'lib/c'],
      { bin: { a: 'bin/a', b: 'bin/b' } },
    ],
    [
      'bundleDependencies: true',
      { dependencies: { a: '1' }, bundleDependencies: true },
      [],
      { bundleDependencies: ['a'] },
    ],
    [
      'both spellings',
      { bundleDependencies: ['a'], bundledDependencies: ['a'] },
      [],
      { bundleDependencies: ['a'], bundledDependencies: ['a'] },
    ],
    [
      'optional dependencies that were copied',
      { dependencies: { a: '1', b: '1' }, optionalDependencies: { b: '1' } },
      [],
      { dependencies: { a: '1' }, optionalDependencies: { b: '1' } },
    ],
    [
      'dependencies of another kind',
      { dependencies: [], devDependencies: { a: 1, b: '1' } },
      [],
      { dependencies: {}, devDependencies: { b: '1' } },
    ],
    ['binding.gyp', {}, ['binding.gyp'], { scripts: { install: 'node-gyp rebuild' }, gypfile: true }],
    [
      'a repository as text',
      { repository: 'acme/foo' },
      [],
      { repository: { type: 'git', url: 'git+https://github.com/acme/foo.git' } },
    ],
    [
      'a repository as URL',
      { repository: 'https://h/x.git' },
      [],
      { repository: { type: 'git', url: 'https://h/x.git' } },
    ],
    [
      'an author as text',
      { author: 'Ann B <a@h> (https://h)' },
      [],
      { author: { name: 'Ann B', email: 'a@h', url: 'https://h' } },
    ],
    [
      'contributors as text',
      { contributors: ['Bob', { name: 'C' }] },
      [],
      { contributors: [{ name: 'Bob' }, { name: 'C' }] },
    ],
    ['bugs as text', { bugs: 'https://h/bugs' }, [], { bugs: { url: 'https://h/bugs' } }],
    ['keywords as text', { keywords: 'a, b' }, [], { keywords: ['a', 'b'] }],
    ['an old licence object', { license: { type: 'MIT' } }, [], { license: 'MIT' }],
    ['an old list of licences', { licenses: [{ type: 'MIT' }] }, [], { license: 'MIT' }],
    ['a shrinkwrap', {}, ['npm-shrinkwrap.json'], { _hasShrinkwrap: true }],
    ['the git head of the tarball', { gitHead: 'own' }, [], { gitHead: 'own' }],
  ])('normalises %s', (_, packageJson, files, expected) => {
    expect(compose(packageJson, { files }).full).toMatchObject(expected);
  });

  it.each<[JsonObject, string[], boolean]>([
    [{ scripts: { preinstall: 'x' } }, [], true],
    [{ scripts: { install: 'x' } }, [], true],
    [{ scripts: { postinstall: 'x' } }, [], true],
    [{ scripts: { prepare: 'x' } }, [], false],
    [{}, ['binding.gyp'], true],
    [{ gypfile: false }, ['binding.gyp'], false],
    [{}, ['sub/binding.gyp'], false],
  ])('tells of %j with the files %j whether it has an install script: %s', (packageJson, files, answer) => {
    expect(compose(packageJson, { files }).abbreviated.hasInstallScript).toBe(answer || undefined);
  });

  it('keeps in the abbreviated form what installers need and nothing else', () => {
    const needed = {
      libc: ['glibc'],
      os: ['linux'],
      cpu: ['x64'],
      peerDependenciesMeta: { a: { optional: true } },
      engines: { node: '>=20' },
    };
    const { abbreviated } = compose({ ...needed, description: 'd', scripts: { test: 'x' }, readme: 'r' });
    expect(abbreviated).toMatchObject(needed);
    expect(Object.keys(abbreviated).toSorted()).toEqual([
      'cpu',
      'dist',
      'engines',
      'libc',
      'name',
      'os',
      'peerDependenciesMeta',
      'version',
    ]);
  });

  it('leaves nothing that a publisher writes to be taken for the placeholder', () => {
    expect(compose({ description: `a${basePlaceholder}b` }).full.description).toBe('a\u0001b');
  });

  it('keeps with the version only what stands at the top of a packument', () => {
    expect(compose({ description: 'd', keywords: ['k'], main: 'x.js', readme: 'r' }).summary).toEqual({
      name: '@acme/foo',
      version: '1.0.0',
      description: 'd',
      keywords: ['k'],
    });
  });

  it('keeps in the summary only text that the database can hold', () => {
    expect(compose({ description: 'a\0b', keywords: ['x\ud800'] }).summary).toMatchObject({
      description: 'ab',
      keywords: ['x\ufffd'],
    });
  });
});
