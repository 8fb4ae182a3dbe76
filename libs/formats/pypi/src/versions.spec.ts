import { describe, expect, it } from '@jest/globals';
import { compareVersions, equalSpellings, isPreRelease, parseVersion, readVersion } from './versions.js';

describe('readVersion', () => {
  it.each([
    ['1.0.0RC1', '1.0.0rc1', '1rc1'],
    ['v1.0', '1.0', '1'],
    [' 1.0\n', '1.0', '1'],
    ['1.0-1', '1.0.post1', '1.post1'],
    ['1.0.rev2', '1.0.post2', '1.post2'],
    ['1.0post', '1.0.post0', '1.post0'],
    ['1.0-alpha_3', '1.0a3', '1a3'],
    ['1.0preview', '1.0rc0', '1rc0'],
    ['1.0c2.dev', '1.0rc2.dev0', '1rc2.dev0'],
    ['1!2.0.0', '1!2.0.0', '1!2'],
    ['0.0', '0.0', '0'],
    ['01.02', '1.2', '1.2'],
    ['1.0+Ubuntu-1_2', '1.0+ubuntu.1.2', '1+ubuntu.1.2'],
    ['1.0+12e4567', '1.0+12e4567', '1+12e4567'],
    ['20241121123456789012345', '20241121123456789012345', '20241121123456789012345'],
  ])('reads %j as %s, identity %s', (text, normal, canonical) => {
    expect(readVersion(text)).toMatchObject({ text: normal, canonical });
  });

  it.each([
    ['2004d'],
    ['0.1-bulbasaur'],
    [''],
    ['1..0'],
    ['1.0+'],
    ['1.0+a..b'],
    ['1.0+ä'],
    ['1.0 beta 1 x'],
    ['١.0'],
    [`1.${'0'.repeat(128)}`],
  ])('does not know %j', text => {
    expect(readVersion(text)).toBeUndefined();
  });

  it.each([
    ['1.0', '1.0.0'],
    ['1.0', 'v1.0'],
    ['1.0.0RC1', '1.0.0rc1'],
    ['1.0-1', '1.0.post1'],
  ])('takes %s and %s for one release', (a, b) => {
    expect(parseVersion(a).canonical).toBe(parseVersion(b).canonical);
    expect(compareVersions(parseVersion(a), parseVersion(b))).toBe(0);
  });

  it('does not confuse versions that differ behind the sixteenth digit', () => {
    expect(parseVersion('9007199254740993').canonical).not.toBe(parseVersion('9007199254740992').canonical);
  });

  it('answers a hostile text in no time', () => {
    expect(readVersion(`1${'.0'.repeat(60)}+${'a.'.repeat(2)}!`)).toBeUndefined();
  });
});

describe('compareVersions', () => {
  it('sorts as PEP 440 says', () => {
    const ascending = [
      '1.0.dev1',
      '1.0a1.dev2',
      '1.0a1',
      '1.0a2',
      '1.0b1',
      '1.0rc1.dev1',
      '1.0rc1',
      '1.0rc10',
      '1.0',
      '1.0+abc',
      '1.0+abc.1',
      '1.0+1',
      '1.0+1.5',
      '1.0+10',
      '1.0.post1.dev1',
      '1.0.post1',
      '1.0.1',
      '1.1',
      '1.10',
      '9',
      '1!0.1',
    ];
    const shuffled = ascending.map(parseVersion).sort((a, b) => (a.text < b.text ? 1 : -1));
    expect(shuffled.sort(compareVersions).map(version => version.text)).toEqual(ascending);
  });
});

describe('equalSpellings', () => {
  it('gives the other normal forms of the same release', () => {
    expect(equalSpellings(parseVersion('1.2.0rc1'))).toEqual([
      '1.2rc1',
      '1.2.0.0rc1',
      '1.2.0.0.0rc1',
      '1.2.0.0.0.0rc1',
    ]);
  });
});

describe('isPreRelease', () => {
  it.each([
    ['1.0', false],
    ['1.0.post1', false],
    ['1.0a1', true],
    ['1.0.dev1', true],
    ['1.0.post1.dev1', true],
  ])('%s: %s', (text, expected) => {
    expect(isPreRelease(parseVersion(text))).toBe(expected);
  });
});
