import { describe, expect, it } from '@jest/globals';
import {
  canonicalVersion,
  parseNewVersion,
  parsePackageName,
  parseTag,
  preferredLatest,
  requireNewName,
  sortVersions,
  tarballFile,
  tarballPath,
  unscopedName,
} from './names.js';

describe('package names', () => {
  it.each([
    'foo',
    'foo-bar',
    'foo.js',
    '@acme/foo',
    '@acme/_private',
    'a',
    'x'.repeat(214),
    '@s/node_modules2',
    'constructor',
    'hasownproperty',
  ])('accepts %s for a new package', name => {
    expect(() => requireNewName(name)).not.toThrow();
  });

  it.each([
    ['', 'empty'],
    ['.a', 'begins with'],
    ['_a', 'begins with'],
    ['-a', 'begins with'],
    ['__proto__', 'begins with'],
    ['A', 'capital'],
    [' a', 'space'],
    ['a ', 'space'],
    ['node_modules', 'reserved'],
    ['favicon.ico', 'reserved'],
    ['a/b', 'safe in a URL'],
    ['@a', '@scope/name'],
    ['@/b', '@scope/name'],
    ['@a/', '@scope/name'],
    ['@a/b/c', '@scope/name'],
    ['@a/.b', 'begins with "."'],
    ['@../b', 'begins with "."'],
    ['a~b', 'characters'],
    ["a'b", 'characters'],
    ['a(b)', 'characters'],
    ['é', 'safe in a URL'],
    ['a%2fb', 'safe in a URL'],
    ['x'.repeat(215), 'longer than 214'],
    ['fs', 'core module'],
  ])('refuses "%s" for a new package: %s', (name, reason) => {
    expect(() => requireNewName(name)).toThrow(reason);
  });

  it.each(['JSONStream', 'a~b', 'fs', 'constructor', '@Acme/Foo'])('lets the legacy name %s be asked for', name => {
    expect(parsePackageName(name)).toBe(name);
  });

  it.each(['', '.a', '@a', '@a/b/c', 'a b', 'a/b', 'é', 'x'.repeat(513)])('refuses "%s" in a URL', name => {
    expect(() => parsePackageName(name)).toThrow('Invalid package name');
  });

  it('leaves the scope out of the tarball file name and keeps it in the path', () => {
    expect(unscopedName('@acme/foo')).toBe('foo');
    expect(unscopedName('foo')).toBe('foo');
    expect(tarballPath('@acme/foo', tarballFile('@acme/foo', '1.0.0'))).toBe('@acme/foo/-/foo-1.0.0.tgz');
  });
});

describe('versions', () => {
  it.each(['1.0.0', '0.0.1-alpha.1', '10.20.30', '1.0.0-0'])('accepts %s', version => {
    expect(parseNewVersion(version)).toBe(version);
  });

  it.each([
    '1',
    '1.0',
    'v1.0.0',
    '=1.0.0',
    '1.0.0 ',
    '01.0.0',
    '1.0.0-',
    '1.0.0+b',
    'latest',
    '',
    `1.0.0-${'a'.repeat(300)}`,
  ])('refuses "%s"', version => {
    expect(() => parseNewVersion(version)).toThrow('Invalid version');
  });

  it.each([
    ['v1.0.0', '1.0.0'],
    ['=1.0.0', '1.0.0'],
    ['1.0.0+b.1', '1.0.0+b.1'],
    ['latest', undefined],
    ['1.0', undefined],
    ['1'.repeat(300), undefined],
  ])('reads %s in a URL as %s', (text, canonical) => {
    expect(canonicalVersion(text)).toBe(canonical);
  });

  it('sorts by precedence, not by text', () => {
    expect(sortVersions(['1.10.0', '1.9.0', '1.9.0-beta', 'odd', '1.10.0-rc.2', '1.10.0-rc.10'], text => text)).toEqual(
      ['odd', '1.9.0-beta', '1.9.0', '1.10.0-rc.2', '1.10.0-rc.10', '1.10.0'],
    );
  });

  it.each([
    [['1.0.0', '2.0.0-rc.1'], '1.0.0'],
    [['1.0.0-a', '1.0.0-b'], '1.0.0-b'],
    [[], undefined],
  ])('takes the highest stable version of %j as latest', (versions, latest) => {
    expect(preferredLatest(versions)).toBe(latest);
  });
});

describe('dist-tags', () => {
  it.each(['latest', 'next', 'beta-1', 'rc.1', 'ü', 'constructor'])('accepts %s', tag => {
    expect(parseTag(tag)).toBe(tag);
  });

  it.each(['', '1.x', '^1.0.0', '1.0.0', 'v1', '*', 'x', 'a/b', 'a\u0007b', ' a', 'a\n', 't'.repeat(215), '__proto__'])(
    'refuses "%s"',
    tag => {
      expect(() => parseTag(tag)).toThrow('Invalid dist-tag');
    },
  );
});
