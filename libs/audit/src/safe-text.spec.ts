import { describe, expect, it } from '@jest/globals';
import { jsonSafe, printable, withoutQueryValues, withoutSecrets } from './safe-text.js';

describe('printable', () => {
  it.each([
    ['npm/11.6.2 node/v26', 'npm/11.6.2 node/v26'],
    ['a\u001b[31mred\r\nnext', 'a\\u001b[31mred\\u000d\\u000anext'],
    ['nul\u0000', 'nul\\u0000'],
    ['half \ud800', 'half \ufffd'],
    ['überall', 'überall'],
  ])('writes %j as %j', (text, expected) => expect(printable(text, 100)).toBe(expected));

  it('cuts at the given length, also after escaping', () => {
    expect(printable('abcdef', 3)).toBe('abc');
    expect(printable('\u0000\u0000\u0000', 6)).toBe('\\u0000');
  });
});

describe('withoutQueryValues', () => {
  it.each([
    ['/repository/npm/demo', '/repository/npm/demo'],
    ['/v2/token?service=larder&scope=repository:a:pull&flag', '/v2/token?service=&scope=&flag'],
    ['/x?a=1?b=2', '/x?a='],
    ['/x?', '/x?'],
  ])('keeps the names of %s', (url, expected) => expect(withoutQueryValues(url)).toBe(expected));

  it('removes secrets known by their form from the path', () => {
    expect(withoutQueryValues('/-/user/token/ldr_p_0123456789abcdefABCDEF')).toBe('/-/user/token/[removed]');
    expect(withoutSecrets('bad token eyJhbGciOi.eyJzdWIi.c2ln at the end')).toBe('bad token [removed] at the end');
  });
});

describe('jsonSafe', () => {
  it('keeps plain values and turns the rest into what jsonb takes', () => {
    const value = {
      a: 'x\u0000',
      'k\u0000': 1n,
      at: new Date(0),
      none: null,
      list: [undefined, true],
      skip: undefined,
    };
    expect(JSON.parse(JSON.stringify(jsonSafe(value, 100)))).toEqual({
      a: 'x\\u0000',
      'k\\u0000': '1',
      at: '1970-01-01T00:00:00.000Z',
      none: null,
      list: [null, true],
    });
  });

  it('ends at ten levels', () => {
    let deep: unknown = 'end';
    for (let level = 0; level < 50; level++) deep = { deep };
    expect(JSON.stringify(jsonSafe(deep, 100))).toContain('[deeper]');
  });
});
