import { describe, expect, it } from '@jest/globals';
import { Passwords } from './passwords.js';

const good = 'nineteen-blue-herons';

describe('passwords', () => {
  const passwords = new Passwords();

  it('are stored as argon2id with the cost that the code names', async () => {
    expect(await passwords.hash(good, 'ada')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it.each([
    ['too short', 'short-secret'.slice(0, 11)],
    ['longer than 1,024 bytes', 'x7'.repeat(513)],
    ['longer than 1,024 bytes in UTF-8', 'é'.repeat(513)],
    ['common', 'Password1234'],
    ['one character over and over', 'zzzzzzzzzzzzzzzz'],
    ['the name of the user', 'ada.lovelace.1'],
    ['like an access token', 'ldr_anything_at_all'],
  ])('are refused when %s', async (_, password) => {
    await expect(passwords.hash(password, 'Ada.Lovelace.1')).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('count to their last byte: nothing behind the 72nd is cut off (A31)', async () => {
    const long = 'a1'.repeat(36) + 'first-ending';
    const hash = await passwords.hash(long, 'ada');
    expect(await passwords.verify(hash, long)).toBe(true);
    expect(await passwords.verify(hash, 'a1'.repeat(36) + 'other-ending')).toBe(false);
    expect(await passwords.verify(hash, long.slice(0, 72))).toBe(false);
  });

  it('of a user who does not exist are checked with the same work (A30)', async () => {
    const hash = await passwords.hash(good, 'ada');
    const known = await fastest(() => passwords.verify(hash, 'nineteen-red-herons'));
    const unknown = await fastest(() => passwords.verify(null, 'nineteen-red-herons'));
    expect(unknown).toBeGreaterThan(known / 2);
    expect(unknown).toBeLessThan(known * 2);
    expect(await passwords.verify(null, good)).toBe(false);
  });

  it('of a huge length cost no work (A32)', async () => {
    const started = performance.now();
    expect(await passwords.verify(null, 'x'.repeat(10_000_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(10);
  });

  it('are checked two at a time with 64 waiting; the next is told to come back (A33)', async () => {
    const flooded = new Passwords();
    const checks = Array.from({ length: 70 }, () =>
      flooded.verify(null, good).then(String, (error: { code: string }) => error.code),
    );
    const answers = await Promise.all(checks);
    expect(answers.filter(answer => answer === 'unavailable')).toHaveLength(4);
    expect(answers.filter(answer => answer === 'false')).toHaveLength(66);
    expect(await flooded.verify(null, good)).toBe(false);
  });
});

/** The least of several runs: what remains when nothing else wanted the processor. */
async function fastest(work: () => Promise<unknown>): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < 8; i++) {
    const started = performance.now();
    await work();
    best = Math.min(best, performance.now() - started);
  }
  return best;
}
