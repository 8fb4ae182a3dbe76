import { describe, expect, it } from '@jest/globals';
import { looksLikeVersion } from './version-like.js';

describe('looksLikeVersion', () => {
  it.each([
    '1.4.0',
    'v2.1',
    'V2.1',
    '2026.11',
    '1.0.0-rc.1+x',
    '1.0.0_x',
    '1.0.0rc1',
    '5.3.0.Final',
    '1.4.0-alpine',
    '1.2.3.4',
    '0.0',
  ])('takes %s for a version', tag => expect(looksLikeVersion(tag)).toBe(true));

  it.each([
    '',
    'latest',
    'main',
    '1',
    'v1',
    '1-alpine',
    '1.',
    '.1',
    'v',
    '1.x',
    '1.2.x',
    '1.2.x-alpine',
    '2026-11-21',
    'release-1.4.0',
    '1.4.0 ',
    '1..4',
  ])('takes "%s" for a moving name', tag => expect(looksLikeVersion(tag)).toBe(false));

  it('answers for a hostile text without backtracking', () => {
    const started = performance.now();
    expect(looksLikeVersion(`${'1.'.repeat(50_000)}!`)).toBe(false);
    expect(looksLikeVersion(`1.1${'-'.repeat(50_000)}!`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
