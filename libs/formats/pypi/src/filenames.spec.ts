import { describe, expect, it } from '@jest/globals';
import { fileHref, filePath, parseFileName, readFileName } from './filenames.js';

describe('readFileName', () => {
  it.each([
    ['foo-1.0-py3-none-any.whl', 'foo', '1.0', 'py3', 'bdist_wheel'],
    [
      'foo_bar-1.0rc1-1abc-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
      'foo-bar',
      '1.0rc1',
      'cp312',
      'bdist_wheel',
    ],
    ['foo-1!2.0+cu121-py2.py3-none-any.whl', 'foo', '1!2.0+cu121', 'py2.py3', 'bdist_wheel'],
    ['foo-1.0-py3-none-linux_x86_64.whl', 'foo', '1.0', 'py3', 'bdist_wheel'],
    ['foo_bar-1.0.post1.tar.gz', 'foo-bar', '1.0.post1', 'source', 'sdist'],
    ['foo-1.0.dev1+abc.1.tar.gz', 'foo', '1.0.dev1+abc.1', 'source', 'sdist'],
  ])('reads %s', (fileName, project, version, pythonTag, packageType) => {
    expect(readFileName(fileName)).toMatchObject({
      fileName,
      project,
      version: { text: version },
      pythonTag,
      packageType,
    });
  });

  it.each([
    ['foo-1.0-abc-py3-none-any.whl'],
    ['foo-1.0-py3-none.whl'],
    ['foo-1.0-1-py3-none-any-x86_64_v3.whl'],
    ['foo__bar-1.0-py3-none-any.whl'],
    ['foo-1.0-py3--any.whl'],
    ['foo-1.0-py3-none-.whl'],
    ['.whl'],
    ['-1.0-py3-none-any.whl'],
    ['Foo-1.0-py3-none-any.whl'],
    ['foo.bar-1.0-py3-none-any.whl'],
    ['foo-1.0.tar.bz2'],
    ['foo-1.0.exe'],
    ['foo-1.0.zip'],
    ['foo.tar.gz'],
    ['foo-x.tar.gz'],
    ['Foo-Bar-1.0.tar.gz'],
    ['foo-v1.0.tar.gz'],
    ['../x-1.0.tar.gz'],
    ['a/b-1.0-py3-none-any.whl'],
    ['foo-1.0.tar.gz\n'],
    ['foo-1.0\u0000.tar.gz'],
    ['föö-1.0.tar.gz'],
    [`${'a'.repeat(300)}-1.0.tar.gz`],
  ])('does not take %j', fileName => {
    expect(readFileName(fileName)).toBeUndefined();
  });
});

describe('parseFileName', () => {
  it.each([
    ['Foo-Bar-1.0.tar.gz', 'foo_bar-1.0.tar.gz'],
    ['Foo.Bar-1.0RC1-py3-none-any.whl', 'foo_bar-1.0rc1-py3-none-any.whl'],
    ['foo-1.0-1.tar.gz', 'foo_1_0-1.tar.gz'],
  ])('names the right file name for %s', (fileName, expected) => {
    expect(() => parseFileName(fileName)).toThrow(
      expect.objectContaining({ code: 'invalid-package', message: expect.stringContaining(`must be "${expected}"`) }),
    );
  });

  it.each([
    ['foo-1.0.exe', 'must end in .whl or .tar.gz'],
    ['foo-1.0-py3-none.whl', 'five or six parts'],
    ['a/b.whl', 'ASCII letters'],
    [`${'a'.repeat(300)}-1.0.tar.gz`, 'longer than 255 bytes'],
  ])('says what is wrong with %s', (fileName, words) => {
    expect(() => parseFileName(fileName)).toThrow(
      expect.objectContaining({ code: 'invalid-package', message: expect.stringContaining(words) }),
    );
  });
});

describe('filePath', () => {
  it('has the shape of the public index and is the same for the same name', () => {
    expect(filePath('foo-1.0.tar.gz')).toMatch(/^packages\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{60}\/foo-1\.0\.tar\.gz$/);
    expect(filePath('foo-1.0.tar.gz')).toBe(filePath('foo-1.0.tar.gz'));
  });

  it('is written with %2B for + in an href', () => {
    expect(fileHref('packages/aa/x-1!1+b.whl')).toBe('packages/aa/x-1!1%2Bb.whl');
  });
});
