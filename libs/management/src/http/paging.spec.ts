import { describe, expect, it } from '@jest/globals';
import { decodeCursor, decodeIdCursor, encodeCursor, pageFrom } from './paging.js';

describe('cursors', () => {
  it('carry the key of the last item', () => {
    expect(decodeCursor(encodeCursor(['@acme/ui', '12']), 2)).toEqual(['@acme/ui', '12']);
    expect(decodeCursor(undefined, 2)).toBeUndefined();
    expect(decodeIdCursor(encodeCursor(['12']))).toBe('12');
  });

  it.each([
    ['nothing', ''],
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('[').toString('base64url')],
    ['no list', Buffer.from('{"a":1}').toString('base64url')],
    ['numbers', Buffer.from('[1,2]').toString('base64url')],
    ['one part too few', encodeCursor(['a'])],
    ['one part too many', encodeCursor(['a', 'b', 'c'])],
    ['a NUL, which PostgreSQL takes nowhere', encodeCursor(['a\u0000', 'b'])],
  ])('made of %s are refused with their place', (_, cursor) => {
    expect(() => decodeCursor(cursor, 2)).toThrow(
      expect.objectContaining({
        code: 'invalid-request',
        details: { errors: [expect.objectContaining({ in: 'query', pointer: '/cursor', code: 'invalid-cursor' })] },
      }),
    );
  });

  it('of lists ordered by id take digits only', () => {
    expect(() => decodeIdCursor(encodeCursor(['1 or true']))).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });
});

describe('pageFrom', () => {
  const shape = { item: (row: number) => row * 10, key: (row: number) => [String(row)] };

  it('has a next page when one row more than the limit was read', () => {
    expect(pageFrom([1, 2, 3], 2, shape)).toEqual({ items: [10, 20], nextCursor: encodeCursor(['2']) });
  });

  it('has none otherwise', () => {
    expect(pageFrom([1, 2], 2, shape)).toEqual({ items: [10, 20] });
    expect(pageFrom([], 2, shape)).toEqual({ items: [] });
  });
});
