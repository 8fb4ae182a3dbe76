import { describe, expect, it } from '@jest/globals';
import { toJsonb, toText } from './storable.js';

describe('what goes into the database', () => {
  it.each([
    ['plain', { a: ['b', 1, null, { c: true }] }, { a: ['b', 1, null, { c: true }] }],
    ['NUL', { 'a\0': 'b\0c' }, { 'a\ufffd': 'b\ufffdc' }],
    ['lone surrogates', ['\ud800', 'x\udfff', '\u{1f600}'], ['\ufffd', 'x\ufffd', '\u{1f600}']],
    ['text that looks like an escape', ['\\u0000', '\\\\ud800', '\\'], ['\\u0000', '\\\\ud800', '\\']],
    ['other escapes', ['"\n\t\u0001'], ['"\n\t\u0001']],
  ])('keeps its meaning as JSON: %s', (_, value, expected) => {
    expect(JSON.parse(toJsonb(value))).toEqual(expected);
    expect(toJsonb(value)).not.toMatch(/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/);
  });

  it('is text without NUL and lone surrogates', () => {
    expect(toText('a\0\ud800\u{1f600}')).toBe('a\ufffd\ufffd\u{1f600}');
  });
});
