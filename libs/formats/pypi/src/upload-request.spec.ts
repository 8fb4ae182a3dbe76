import { describe, expect, it } from '@jest/globals';
import { checkForm } from './upload-request.js';

const sha256 = 'a'.repeat(64);
const good = {
  ':action': 'file_upload',
  protocol_version: '1',
  filetype: 'bdist_wheel',
  pyversion: 'py3',
  name: 'Foo.Bar',
  version: '1.0.0',
  sha256_digest: sha256,
};
const wheel = 'foo_bar-1.0-py3-none-any.whl';
const sdist = { filetype: 'sdist', pyversion: 'source' };

function check(changes: Record<string, string | undefined>, fileName = wheel, mediaType = 'application/octet-stream') {
  const fields = new Map(
    Object.entries({ ...good, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return checkForm(fields, { fileName, mediaType });
}

describe('checkForm', () => {
  it.each([
    ['a wheel', {}, wheel],
    ['an sdist', sdist, 'foo_bar-1.0.tar.gz'],
    ['an sdist without pyversion', { ...sdist, pyversion: undefined }, 'foo_bar-1.0.tar.gz'],
    ['no protocol version', { protocol_version: undefined }, wheel],
    ['only md5', { sha256_digest: undefined, md5_digest: 'b'.repeat(32) }, wheel],
    ['only blake2', { sha256_digest: undefined, blake2_256_digest: 'b'.repeat(64) }, wheel],
    ['a local version', { version: '1.0+abc' }, 'foo_bar-1.0+abc-py3-none-any.whl'],
    ['an epoch', { version: '1!1.0.dev1' }, 'foo_bar-1!1.0.dev1-py3-none-any.whl'],
  ])('takes %s', (_name, changes, fileName) => {
    expect(check(changes, fileName).distribution).toMatchObject({ fileName, project: 'foo-bar' });
  });

  it('takes digests in upper case', () => {
    expect(check({ sha256_digest: sha256.toUpperCase() }).digests).toEqual({
      sha256,
      md5: undefined,
      blake2b256: undefined,
    });
  });

  it.each([
    [{ ':action': undefined }, 'invalid-request', ':action'],
    [{ ':action': 'publish' }, 'invalid-request', ':action'],
    [{ ':action': 'submit' }, 'upload-unknown', 'no longer supported'],
    [{ protocol_version: '2' }, 'invalid-request', 'protocol_version'],
    [{ filetype: undefined }, 'invalid-request', 'filetype'],
    [{ filetype: 'bdist_egg' }, 'invalid-request', 'filetype'],
    [{ filetype: 'sdist', pyversion: 'source' }, 'invalid-request', 'does not fit the filetype'],
    [{ pyversion: undefined }, 'invalid-request', 'pyversion'],
    [{ name: undefined }, 'invalid-request', '"name"'],
    [{ name: 'a b' }, 'invalid-name', 'project name'],
    [{ version: 'bulbasaur' }, 'invalid-version', 'PEP 440'],
    [{ name: 'other' }, 'invalid-request', 'project "other"'],
    [{ version: '2.0' }, 'invalid-request', 'version "2.0"'],
    [{ sha256_digest: undefined }, 'invalid-digest', 'no digest'],
    [{ sha256_digest: 'a'.repeat(63) }, 'invalid-digest', 'sha256_digest'],
    [{ md5_digest: 'x'.repeat(32) }, 'invalid-digest', 'md5_digest'],
    [{ blake2_256_digest: 'a' }, 'invalid-digest', 'blake2_256_digest'],
  ])('refuses %j', (changes, code, words) => {
    expect(() => check(changes)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }));
  });

  it('refuses an sdist with the Python tag of a wheel', () => {
    expect(() => check({ ...sdist, pyversion: 'py3' }, 'foo_bar-1.0.tar.gz')).toThrow(
      expect.objectContaining({ message: expect.stringContaining('pyversion') }),
    );
  });

  it('refuses an image and a file name that is not allowed', () => {
    expect(() => check({}, wheel, 'image/png')).toThrow(expect.objectContaining({ code: 'invalid-request' }));
    expect(() => check({}, '../foo_bar-1.0-py3-none-any.whl')).toThrow(
      expect.objectContaining({ code: 'invalid-package' }),
    );
  });
});
