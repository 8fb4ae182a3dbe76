import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { checkIntegrity } from './integrity.js';
import type { PublishClaim } from './publish-claim.js';

const bytes = Buffer.from('tarball');
const sum = (algorithm: string, encoding: 'hex' | 'base64') => createHash(algorithm).update(bytes).digest(encoding);
const received = {
  sizeBytes: bytes.length,
  checksums: { sha1: sum('sha1', 'hex'), sha256: sum('sha256', 'hex'), sha512: sum('sha512', 'hex') },
};
const sha512 = `sha512-${sum('sha512', 'base64')}`;
const wrong = `sha512-${createHash('sha512').update('other').digest('base64')}`;

function check(announced: Partial<PublishClaim>): void {
  const nothing = { length: undefined, integrity: undefined, shasum: undefined };
  checkIntegrity({ name: 'foo', version: '1.0.0', tags: [], manifest: {}, ...nothing, ...announced }, received);
}

describe('checkIntegrity', () => {
  it.each([
    ['nothing announced', {}],
    ['the length', { length: 7 }],
    ['sha512', { integrity: sha512 }],
    ['several algorithms', { integrity: `sha1-${sum('sha1', 'base64')} ${sha512}?opt sha384-AAAA` }],
    ['the sha1 in capitals', { shasum: sum('sha1', 'hex').toUpperCase() }],
  ])('accepts %s', (_, announced) => {
    expect(() => check(announced)).not.toThrow();
  });

  it.each([
    ['another length', { length: 8 }, 'size-mismatch'],
    ['another sha512', { integrity: wrong }, 'digest-mismatch'],
    ['one right and one wrong digest', { integrity: `${sha512} ${wrong}` }, 'digest-mismatch'],
    ['another sha1', { shasum: '0'.repeat(40) }, 'digest-mismatch'],
    ['only algorithms that are not known', { integrity: 'sha384-AAAA' }, 'invalid-digest'],
    ['a malformed list', { integrity: 'nonsense' }, 'invalid-digest'],
    ['an empty list', { integrity: '' }, 'invalid-digest'],
    ['a malformed sha1', { shasum: 'xyz' }, 'invalid-digest'],
  ])('refuses %s', (_, announced, code) => {
    expect(() => check(announced)).toThrow(expect.objectContaining({ code }));
  });

  it('names both values', () => {
    expect(() => check({ integrity: wrong })).toThrow(`document says ${wrong}, received bytes are ${sha512}`);
  });
});
