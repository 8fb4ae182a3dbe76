import { describe, expect, it } from '@jest/globals';
import { compareVersions, parseVersion, sortVersions } from './version-order.js';

function order(a: string, b: string): string {
  const forward = Math.sign(compareVersions(parseVersion(a), parseVersion(b)));
  const backward = Math.sign(compareVersions(parseVersion(b), parseVersion(a)));
  if (forward !== -backward && !(forward === 0 && backward === 0)) return 'asymmetric';
  return forward < 0 ? '<' : forward > 0 ? '>' : '=';
}

describe('the order of Maven versions', () => {
  it.each([
    ['1', '1.0'],
    ['1', '1-0'],
    ['1', '1_0'],
    ['1', '01'],
    ['1', '1.ga'],
    ['1', '1-final'],
    ['1', '1-RELEASE'],
    ['1-a1', '1-alpha-1'],
    ['1-rc', '1-cr'],
    ['1.a', '1a'],
    ['', '0'],
    ['.1', '0.1'],
    ['1..1', '1.0.1'],
    ['1alpha10', '1.alpha.10'],
    ['1.0-alpha', '1.0.0-alpha'],
    ['1.0-SNAPSHOT', '1-snapshot'],
  ])('%s = %s', (a, b) => expect(order(a, b)).toBe('='));

  it.each([
    ['2', '10'],
    ['1.2', '1.10'],
    ['1.0', '1.0a'],
    ['1.0a1', '1.0'],
    ['1.ga.1', '1.0.1'],
    ['foo', '0.foo'],
    ['1.0.0-ga-foo', '1-foo'],
    ['1.123456789012345678901234567891', '1.1234567890123456789012345678901'],
    ['20101206.111434.2', '20101206.111434.10'],
    ['1.999999999', '1.1000000000'],
    ['1.min', '1.0'],
    ['1.99', '1.max'],
    ['1.0-rc1', '1.0'],
    ['1.0', '1.0.1-SNAPSHOT'],
  ])('%s < %s', (a, b) => expect(order(a, b)).toBe('<'));

  it('puts the qualifiers in their order', () => {
    const ascending = ['1-alpha', '1-beta', '1-milestone', '1-rc', '1-snapshot', '1', '1-sp', '1-abc', '1-1'];
    for (let i = 0; i < ascending.length; i++) {
      for (let j = i + 1; j < ascending.length; j++)
        expect(`${ascending[i]} ${order(ascending[i]!, ascending[j]!)} ${ascending[j]}`).toContain(' < ');
    }
  });

  it('sorts equal versions by code units, so that the same set gives the same list', () => {
    expect(sortVersions(['1.0.0', '2', '1', '1.0'])).toEqual(['1', '1.0', '1.0.0', '2']);
    expect(sortVersions(['1.0', '1.0.0', '1', '2'])).toEqual(['1', '1.0', '1.0.0', '2']);
  });
});
