import { describe, expect, it } from '@jest/globals';
import {
  displayPrefix,
  hashToken,
  isWellFormedToken,
  looksLikeToken,
  makeTokenSecret,
  tokenKinds,
} from './token-format.js';

describe('the access token format', () => {
  it.each(tokenKinds)('makes well-formed secrets of the kind %s', kind => {
    const secret = makeTokenSecret(kind);
    expect(secret).toMatch(/^ldr_[pns]_[0-9A-Za-z]{38}$/);
    expect(secret[4]).toBe(kind[0]);
    expect(isWellFormedToken(secret)).toBe(true);
    expect(looksLikeToken(secret)).toBe(true);
  });

  it('never makes the same secret twice', () => {
    const secrets = new Set(Array.from({ length: 1_000 }, () => makeTokenSecret('personal')));
    expect(secrets.size).toBe(1_000);
  });

  it('accepts a secret that was made earlier, so that the checksum cannot change unnoticed', () => {
    expect(isWellFormedToken('ldr_p_0123456789abcdefghijABCDEFGHIJKL22sxRu')).toBe(true);
    expect(isWellFormedToken('ldr_p_0123456789abcdefghijABCDEFGHIJKL22sxRv')).toBe(false);
  });

  it('refuses every secret with one character changed', () => {
    const secret = makeTokenSecret('npm-login');
    for (let i = 0; i < secret.length; i++) {
      const changed = secret.slice(0, i) + (secret[i] === 'a' ? 'b' : 'a') + secret.slice(i + 1);
      expect(isWellFormedToken(changed)).toBe(false);
    }
  });

  it.each([
    '',
    'ldr_',
    'ldr_p_',
    'ldr_x_'.padEnd(44, 'a'),
    `${makeTokenSecret('session')} `,
    makeTokenSecret('session').slice(0, -1),
    'npm_abcdef',
  ])('refuses %j', text => expect(isWellFormedToken(text)).toBe(false));

  it('stores a hash and shows no more than ten characters', () => {
    const secret = makeTokenSecret('personal');
    expect(hashToken(secret)).toHaveLength(32);
    expect(displayPrefix(secret)).toBe(secret.slice(0, 10));
  });
});
