import { describe, expect, it } from '@jest/globals';
import { parseDigest } from './digest.js';
import { compileGlob } from './glob.js';
import { randomBase62, timeOrderedId } from './ids.js';
import { createLogger } from './logger.js';
import { parseRepositoryName } from './repository-name.js';
import { forbidInsideTransaction, runInTransactionScope } from './transaction-scope.js';

describe('compileGlob', () => {
  it.each([
    ['*', 'anything/at/all', true],
    ['team/*', 'team/app/web', true],
    ['team/*', 'teams/app', false],
    ['v?.*', 'v1.2', true],
    ['v?.*', 'v10.2', false],
    ['a*b*c', 'aXXbYYc', true],
    ['a*b*c', 'aXXcYYb', false],
    ['*-latest', 'web-latest', true],
    ['', '', true],
    ['a', '', false],
    ['**', 'x', true],
    ['a.c', 'abc', false],
  ])('%s on %s is %s', (pattern, text, expected) => {
    expect(compileGlob(pattern).matches(text)).toBe(expected);
  });

  it('stays linear on a pattern made to backtrack', () => {
    const started = performance.now();
    compileGlob(`${'a*'.repeat(60)}b`).matches('a'.repeat(20_000));
    // Not a speed test: a backtracking matcher would not end within the age of the universe.
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('digests', () => {
  const hex = 'a'.repeat(64);
  it.each([`sha256:${hex.toUpperCase()}`, `sha256:${hex}a`, `sha512:${hex}`, hex, 'sha256:', `sha256:${hex}\n`])(
    'refuses %j',
    text => {
      expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'invalid-digest' }));
    },
  );
  it('takes lower-case sha256', () => {
    expect(parseDigest(`sha256:${hex}`)).toBe(`sha256:${hex}`);
  });
});

describe('ids', () => {
  it('sort by time', () => {
    expect(timeOrderedId(1_000) < timeOrderedId(2_000)).toBe(true);
    expect(timeOrderedId()).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
  });
  it('base62 has the asked length and alphabet', () => {
    expect(randomBase62(32)).toMatch(/^[0-9A-Za-z]{32}$/);
  });
});

describe('parseRepositoryName', () => {
  it.each(['npm-hosted', 'A.b_c', 'v2', 'npm', '9'])('takes %s', name => {
    expect(parseRepositoryName(name)).toBe(name);
  });
  it.each(['', '.x', '-x', 'a/b', 'a b', 'x'.repeat(64), 'ä'])('refuses %j', name => {
    expect(() => parseRepositoryName(name)).toThrow(expect.objectContaining({ code: 'invalid-name' }));
  });
  it.each(['Docker', 'a..b', 'a-', 'a___b'])('refuses %s where names stand in image references', name => {
    expect(() => parseRepositoryName(name, { lowerCaseOnly: true })).toThrow(
      expect.objectContaining({ code: 'invalid-name' }),
    );
  });
});

describe('forbidInsideTransaction', () => {
  it('throws inside the scope of a transaction only', async () => {
    expect(() => forbidInsideTransaction('store')).not.toThrow();
    await runInTransactionScope(async () => {
      expect(() => forbidInsideTransaction('store')).toThrow(
        'store must not be called while a database transaction is open',
      );
    });
  });
});

describe('createLogger', () => {
  it('never writes a secret', () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: line => lines.push(line) });
    logger.info(
      { authorization: 'Bearer s3cret', req: { cookie: 's3cret', password: 's3cret' }, token: 's3cret' },
      'request',
    );
    expect(lines.join('')).not.toContain('s3cret');
    expect(lines.join('')).toContain('[removed]');
  });
});
