import { describe, expect, it } from '@jest/globals';
import { fileNameForm, normaliseName, parseProjectName } from './names.js';

describe('normaliseName', () => {
  it.each([
    ['Foo__Bar.baz', 'foo-bar-baz'],
    ['a', 'a'],
    ['A1', 'a1'],
    ['x.y-z_1', 'x-y-z-1'],
    ['a-._.-b', 'a-b'],
    ['x'.repeat(128), 'x'.repeat(128)],
  ])('turns %s into %s', (text, normal) => {
    expect(normaliseName(text)).toBe(normal);
  });

  it.each([['-a'], ['a-'], ['a b'], ['ä'], ['a\n'], [''], ['.'], ['a/b'], ['ſ'], ['x'.repeat(129)], ['__proto__']])(
    'knows that %j is no name',
    text => {
      expect(normaliseName(text)).toBeUndefined();
    },
  );
});

describe('parseProjectName', () => {
  it('refuses what is no name and shows it without its control characters', () => {
    expect(() => parseProjectName('a\nb')).toThrow(
      expect.objectContaining({ code: 'invalid-name', message: expect.stringContaining('"a\\nb"') }),
    );
  });
});

describe('fileNameForm', () => {
  it('writes underscores', () => {
    expect(fileNameForm(parseProjectName('A.b-C'))).toBe('a_b_c');
  });
});
