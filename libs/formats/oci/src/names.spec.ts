import { describe, expect, it } from '@jest/globals';
import {
  blobPath,
  digestOf,
  fallbackTagOf,
  isTag,
  manifestPath,
  parseContentDigest,
  parseImageName,
  parseReference,
  referenceText,
} from './names.js';

const hex256 = 'ab'.repeat(32);
const hex512 = 'cd'.repeat(64);

describe('image names', () => {
  it.each(['app', 'team/app', 'a--b', 'a__b', 'a.b-c_d/e', 'blobs', 'a/manifests', 'a/blobs/uploads', 'x'.repeat(255)])(
    'takes %s',
    name => {
      expect(parseImageName(name.split('/'))).toBe(name);
    },
  );

  it('takes no name to be unknown, so that docker does not try again', () => {
    expect(() => parseImageName([])).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  it.each(['App', 'a/B', '-a', 'a-', 'a..b', 'a___b', '.a', '_a', 'a._b', 'a b', 'ä', 'x'.repeat(256)])(
    'refuses "%s" as invalid-name',
    name => {
      expect(() => parseImageName(name.split('/'))).toThrow(expect.objectContaining({ code: 'invalid-name' }));
    },
  );

  it('says that upper case is the reason', () => {
    expect(() => parseImageName(['App'])).toThrow(/lower case/);
  });

  it('judges a hostile name in linear time', () => {
    expect(() => parseImageName([`${'a-'.repeat(126)}!`])).toThrow(expect.objectContaining({ code: 'invalid-name' }));
  });
});

describe('references', () => {
  it.each(['latest', '1.0', 'v2.1', '_x', `sha256-${hex256}.sig`, 'T'.repeat(128)])('takes the tag %s', tag => {
    expect(parseReference(tag)).toEqual({ tag });
  });

  it.each(['.a', '-a', 'a+b', 'a b', 'ä', '', 'T'.repeat(129)])('refuses the tag "%s" as invalid-tag', tag => {
    expect(isTag(tag)).toBe(false);
    expect(() => parseReference(tag)).toThrow(expect.objectContaining({ code: 'invalid-tag' }));
  });

  it.each([
    [`sha256:${hex256}`, 'sha256', hex256],
    [`sha512:${hex512}`, 'sha512', hex512],
  ])('takes the digest %s', (text, algorithm, hex) => {
    expect(parseReference(text)).toEqual({ digest: { text, algorithm, hex } });
    expect(referenceText(parseReference(text))).toBe(text);
  });

  it.each([
    `sha256:${hex256.toUpperCase()}`,
    'sha256:abc',
    'sha256:',
    ':',
    `sha512:${hex256}`,
    `sha256:${hex256}0`,
    'sha256:baddigeststring',
    `x:${'a'.repeat(5000)}`,
  ])('refuses the digest %s as invalid-digest', text => {
    expect(digestOf(text)).toBeUndefined();
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'invalid-digest' }));
  });

  it('says which algorithms are supported', () => {
    expect(() => parseContentDigest(`md5:${'0'.repeat(32)}`)).toThrow(/md5 are not supported; use sha256 or sha512/);
  });
});

describe('paths', () => {
  it('keeps blobs and manifests of an image apart', () => {
    expect(blobPath('team/app', 'sha256:1')).toBe('team/app/blobs/sha256:1');
    expect(manifestPath('team/app', 'sha256:1')).toBe('team/app/manifests/sha256:1');
  });

  it('cuts the fallback tag of a sha512 digest to a valid tag', () => {
    const tag = fallbackTagOf(parseContentDigest(`sha512:${hex512}`));
    expect(tag).toBe(`sha512-${hex512.slice(0, 64)}`);
    expect(isTag(tag)).toBe(true);
  });
});
