import { describe, expect, it } from '@jest/globals';
import { decodeBasic, isEmptyBasic, parseAuthorization } from './authorization-header.js';

const encode = (text: string, encoding: BufferEncoding = 'utf8'): string =>
  Buffer.from(text, encoding).toString('base64');

describe('the Authorization header', () => {
  it.each([
    ['Basic YTpi', 'basic', 'YTpi'],
    ['BASIC YTpi', 'basic', 'YTpi'],
    ['bearer  abc', 'bearer', 'abc'],
    [' Bearer abc ', 'bearer', 'abc'],
  ])('%j is read as %s', (text, scheme, value) => expect(parseAuthorization(text)).toEqual({ scheme, value }));

  it.each([
    '',
    'Basic',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Digest username="a"',
    'ldr_p_secret',
    'Basic\tYTpi',
    'Bearer,x',
  ])('%j is refused', text =>
    expect(() => parseAuthorization(text)).toThrow(expect.objectContaining({ code: 'invalid-credentials' })),
  );

  it.each([
    [encode('ada:secret'), 'ada', 'secret'],
    [encode('ada:with:colons:'), 'ada', 'with:colons:'],
    [encode(':token'), '', 'token'],
    [encode('ada:pässword'), 'ada', 'pässword'],
    [encode('ada:p\u00e4ssword', 'latin1'), 'ada', 'pässword'],
    [encode('ada:x').replace(/=+$/, ''), 'ada', 'x'],
  ])('Basic %s names %j', (value, name, password) => expect(decodeBasic(value)).toEqual({ name, password }));

  it.each(['', '!!!!', encode('no colon'), encode('a\u0000b:c'), encode('a:b\r\nX: y')])('Basic %j is refused', value =>
    expect(() => decodeBasic(value)).toThrow(expect.objectContaining({ code: 'invalid-credentials' })),
  );

  it.each([
    ['Basic Og==', true],
    ['basic Og==', true],
    ['Basic Og', true],
    ['Basic YTo=', false],
    ['Bearer Og==', false],
  ])('%j is the header of a client without credentials: %s', (text, empty) => expect(isEmptyBasic(text)).toBe(empty));
});
