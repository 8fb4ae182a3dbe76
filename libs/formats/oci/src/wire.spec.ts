import { describe, expect, it } from '@jest/globals';
import { matchesEtag, nextPage, parseChunkRange, uploadRange, warningHeader } from './wire.js';

describe('headers of uploads', () => {
  it.each([
    [0, '0-0'],
    [1, '0-0'],
    [100, '0-99'],
  ])('says of an offset of %d bytes that the range is %s', (offset, range) => {
    expect(uploadRange(offset)).toBe(range);
  });

  it.each([
    ['0-9', { start: 0, end: 9 }],
    ['10-10', { start: 10, end: 10 }],
    ['bytes 5-9/10', { start: 5, end: 9 }],
    ['bytes 5-9/*', { start: 5, end: 9 }],
  ])('reads the chunk %s', (header, range) => {
    expect(parseChunkRange(header)).toEqual(range);
  });

  it.each(['abc', '5-3', '-1-3', '0-', '-5', '', '1-2-3', '1.5-2'])('cannot read the chunk "%s"', header => {
    expect(parseChunkRange(header)).toBeUndefined();
  });
});

describe('other headers', () => {
  it('quotes warnings', () => {
    expect(warningHeader([])).toEqual({});
    expect(warningHeader(['say "x"', 'b'])).toEqual({ Warning: '299 - "say \\"x\\"", 299 - "b"' });
  });

  it('encodes the query of the next page', () => {
    expect(
      nextPage('/v2/a/b/tags/list', [
        ['n', '2'],
        ['last', 'a+b'],
      ]),
    ).toEqual({
      Link: '</v2/a/b/tags/list?n=2&last=a%2Bb>; rel="next"',
    });
  });

  it.each([
    ['"sha256:a"', true],
    ['sha256:a', true],
    ['W/"sha256:a"', true],
    ['"sha256:b", "sha256:a"', true],
    ['*', true],
    ['"sha256:b"', false],
    [undefined, false],
  ])('If-None-Match %s matches: %s', (header, matches) => {
    expect(matchesEtag(header, 'sha256:a')).toBe(matches);
  });
});
