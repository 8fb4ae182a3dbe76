import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { ifRangeHolds, isNotModified } from './conditional.js';
import { parseContentPath } from './content-path.js';
import { parseJson } from './json.js';
import { Origins } from './origin.js';
import { acceptsGzip } from './send.js';

const request = (headers: Record<string, string>, remoteAddress = '192.0.2.1') =>
  ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage;

describe('parseContentPath', () => {
  it.each([
    ['/a/b', ['a', 'b'], false],
    ['//a///b/', ['a', 'b'], true],
    ['/a%20b', ['a b'], false],
    ['/a+b', ['a+b'], false],
    ['', [], false],
    ['/', [], false],
    ['/%C3%A9', ['é'], false],
  ])('%s has the segments %j', (raw, segments, trailingSlash) => {
    const path = parseContentPath(raw);
    expect(path.segments.map(segment => segment.text)).toEqual(segments);
    expect(path.trailingSlash).toBe(trailingSlash);
  });

  it('keeps an encoded slash inside a segment where the format allows it', () => {
    expect(parseContentPath('/@s%2fn/x', { encodedSlashes: true }).segments.map(segment => segment.text)).toEqual([
      '@s/n',
      'x',
    ]);
  });

  it.each([
    '/a/..',
    '/./a',
    '/%2e%2e',
    '/a%2fb',
    '/a%00',
    '/a%0d%0a',
    '/a\\b',
    '/a%5cb',
    '/%252e',
    '/%25252e',
    '/a%',
    '/%c0%ae',
    '/%EF%BC%8E%EF%BC%8E',
    '/a%EF%BC%8Fb',
    '/%EF%BC%BC',
    '/%E2%80%A5',
    '/a%C2%9Bb',
    '/%E2%80%AEgpj.exe',
  ])('refuses %s', raw => {
    expect(() => parseContentPath(raw)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });

  it.each(['/@s%2f..', '/@s%2f%2fn', '/%2fetc', '/@s%252fn'])(
    'refuses %s also where encoded slashes are allowed',
    raw => {
      expect(() => parseContentPath(raw, { encodedSlashes: true })).toThrow(
        expect.objectContaining({ code: 'invalid-request' }),
      );
    },
  );

  it('refuses a path over 4 KiB', () => {
    expect(() => parseContentPath(`/${'a'.repeat(5_000)}`)).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });
});

describe('isNotModified', () => {
  const date = new Date('2026-01-01T00:00:00Z');
  it.each([
    [{ 'if-none-match': '"a"' }, true],
    [{ 'if-none-match': 'W/"a"' }, true],
    [{ 'if-none-match': '"b", "a"' }, true],
    [{ 'if-none-match': '*' }, true],
    [{ 'if-none-match': '"b"' }, false],
    [{ 'if-none-match': '"b"', 'if-modified-since': date.toUTCString() }, false],
    [{ 'if-modified-since': date.toUTCString() }, true],
    [{ 'if-modified-since': 'Wed, 31 Dec 2025 23:59:59 GMT' }, false],
    [{ 'if-modified-since': 'rubbish' }, false],
    [{}, false],
  ])('%j → %s', (headers, expected) => {
    expect(isNotModified(request(headers as Record<string, string>), '"a"', date)).toBe(expected);
  });
});

describe('ifRangeHolds', () => {
  const date = new Date('2026-01-01T00:00:00Z');
  it.each([
    [{}, true],
    [{ 'if-range': '"a"' }, true],
    [{ 'if-range': '"b"' }, false],
    [{ 'if-range': 'W/"a"' }, false],
    [{ 'if-range': date.toUTCString() }, true],
  ])('%j → %s', (headers, expected) => {
    expect(ifRangeHolds(request(headers as Record<string, string>), '"a"', date)).toBe(expected);
  });
});

describe('acceptsGzip', () => {
  it.each([
    ['gzip', true],
    ['br, gzip;q=0.5', true],
    ['gzip;q=0', false],
    ['identity', false],
    ['*', true],
    ['', false],
  ])('%j → %s', (header, expected) => {
    expect(acceptsGzip(header)).toBe(expected);
  });
});

describe('parseJson', () => {
  it.each(['{"__proto__":1}', '{"a":{"constructor":1}}', '[[{"prototype":1}]]', '{', 'é'.repeat(3)])(
    'refuses %s',
    body => {
      expect(() => parseJson(body)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
    },
  );
  it('refuses invalid UTF-8, deep nesting and too many keys', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow('not valid JSON');
    expect(() => parseJson('['.repeat(100) + ']'.repeat(100))).toThrow('deeper');
    expect(() =>
      parseJson(JSON.stringify(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i]))), { keys: 10 }),
    ).toThrow('more than 10 keys');
  });
  it.each(['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"x":{"a":"}","b":[1,2],"a":3}}]'])(
    'refuses %s where keys must be unique (A25)',
    body => {
      expect(() => parseJson(body, { uniqueKeys: true })).toThrow('twice');
      expect(() => parseJson(body)).not.toThrow();
    },
  );
  it.each(['{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}', '{"a":"\\",\\"a\\":","b":["a","a"]}', '["a","a"]', '"a"'])(
    'takes %s where keys must be unique',
    body => {
      expect(parseJson(body, { uniqueKeys: true })).toEqual(JSON.parse(body));
    },
  );
  it('takes data keys that are only names', () => {
    expect(parseJson('{"dependencies":{"constructor":"1"}}', { dataKeys: true })).toEqual({
      dependencies: { constructor: '1' },
    });
  });
});

describe('Origins', () => {
  const open = new Origins({ publicUrl: undefined, trustedProxies: [] });
  const behind = new Origins({ publicUrl: undefined, trustedProxies: ['10.0.0.0/8', '::1'] });

  it.each([
    ['localhost:8081', 'http://localhost:8081'],
    ['127.0.0.1', 'http://127.0.0.1'],
    ['example.com:80', 'http://example.com'],
    ['[::1]:8081', 'http://[::1]:8081'],
  ])('takes the host %s', (host, expected) => {
    expect(open.originOf(request({ host }))).toBe(expected);
  });

  it.each(['', 'a b', 'x/y', 'x@y', 'a"b', 'x:port', '<x>'])('refuses the host %j', host => {
    expect(() => open.originOf(request({ host }))).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });

  it('prefers the public URL', () => {
    expect(
      new Origins({ publicUrl: 'https://p.example', trustedProxies: [] }).originOf(request({ host: 'evil' })),
    ).toBe('https://p.example');
  });

  it('believes forwarding headers from a listed proxy only', () => {
    const forwarded = {
      host: 'in',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'out.example:443',
      'x-forwarded-for': '203.0.113.9, 10.1.1.1',
    };
    expect(behind.originOf(request(forwarded, '::ffff:10.0.0.7'))).toBe('https://out.example');
    expect(behind.clientAddress(request(forwarded, '10.0.0.7'))).toBe('203.0.113.9');
    expect(behind.originOf(request(forwarded, '192.0.2.1'))).toBe('http://in');
    expect(behind.clientAddress(request(forwarded, '192.0.2.1'))).toBe('192.0.2.1');
  });
});
