import { beforeEach, describe, expect, it } from '@jest/globals';
import { TestClock } from '../test/fixture.js';
import { FailedLogins, type FailureNews } from './failed-logins.js';

const minute = 60_000;

describe('the limit on failed log-ins', () => {
  let clock: TestClock;
  let told: FailureNews[];
  let failures: FailedLogins;

  beforeEach(() => {
    clock = new TestClock();
    told = [];
    failures = new FailedLogins(clock, news => told.push(news));
  });

  const fail = (times: number, name: string, address: string): void => {
    for (let i = 0; i < times; i++) failures.begin(name, address).failed();
  };

  it('refuses the eleventh attempt for a user from an address and says how long to wait', () => {
    fail(10, 'ada', '192.0.2.1');
    clock.advance(5 * minute);
    expect(() => failures.begin('Ada', '192.0.2.1')).toThrow(
      expect.objectContaining({ code: 'rate-limited', retryAfterSeconds: 600 }),
    );
  });

  it('does not lock the owner out of other addresses (A29)', () => {
    fail(10, 'ada', '192.0.2.1');
    expect(() => failures.begin('ada', '192.0.2.2')).not.toThrow();
  });

  it('forgets after 15 minutes', () => {
    fail(10, 'ada', '192.0.2.1');
    clock.advance(15 * minute);
    expect(() => failures.begin('ada', '192.0.2.1')).not.toThrow();
  });

  it('starts again after a success', () => {
    fail(9, 'ada', '192.0.2.1');
    failures.begin('ada', '192.0.2.1').succeeded();
    fail(10, 'ada', '192.0.2.1');
    expect(() => failures.begin('ada', '192.0.2.1')).toThrow('Too many failed log-ins');
  });

  it('refuses an address after 100 failures, whatever the names and whether by password or token (A49)', () => {
    for (let i = 0; i < 50; i++) fail(1, `user${i}`, '192.0.2.1');
    for (let i = 0; i < 50; i++) failures.unknownToken('192.0.2.1');
    expect(() => failures.begin('ada', '192.0.2.1')).toThrow('Too many failed log-ins');
    expect(() => failures.unknownToken('192.0.2.1')).toThrow('Too many failed log-ins');
    expect(() => failures.unknownToken('192.0.2.2')).not.toThrow();
  });

  it('is not washed away by log-ins of the attacker in between', () => {
    for (let i = 0; i < 100; i++) {
      fail(1, `victim${i}`, '192.0.2.1');
      if (i % 10 === 0) failures.begin('mallory', '192.0.2.1').succeeded();
    }
    expect(() => failures.begin('mallory', '192.0.2.1')).toThrow('Too many failed log-ins');
  });

  it('counts attempts that are still under way, so that parallel guesses gain nothing', () => {
    for (let i = 0; i < 10; i++) failures.begin('ada', '192.0.2.1');
    expect(() => failures.begin('ada', '192.0.2.1')).toThrow('Too many failed log-ins');
  });

  it('does not count an attempt that came to no decision', () => {
    for (let i = 0; i < 500; i++) failures.begin('ada', '192.0.2.1').withdrawn();
    expect(() => failures.begin('ada', '192.0.2.1')).not.toThrow();
  });

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:0DB8:0001:0002:0:0:0:3', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::ffff:192.0.2.1', '192.0.2.1', true],
    ['::1', '::2', true],
    ['fe80::1%eth0', 'fe80::2', true],
  ])('counts %s and %s as one address: %s', (one, other, same) => {
    fail(10, 'ada', one);
    const attempt = (): unknown => failures.begin('ada', other);
    if (same) expect(attempt).toThrow('Too many failed log-ins');
    else expect(attempt).not.toThrow();
  });

  it('is shared with the other processes', () => {
    const other = new FailedLogins(clock);
    fail(10, 'ada', '192.0.2.1');
    for (const news of told) other.hear(news);
    expect(() => other.begin('ada', '192.0.2.1')).toThrow('Too many failed log-ins');
    other.hear({ kind: 'reset', name: 'ada', address: '192.0.2.1' });
    expect(() => other.begin('ada', '192.0.2.1')).not.toThrow();
  });
});
