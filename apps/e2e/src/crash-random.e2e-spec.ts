import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Site } from './ledger/site.js';
import { randomFrom, Storm } from './ledger/storm.js';

const rounds = Number(process.env['TEST_CRASH_ROUNDS'] ?? 7);
const seed = Number(process.env['TEST_CRASH_SEED'] ?? Date.now() % 1_000_000);

describe(`A server that is killed at random while all formats are published (TEST_CRASH_SEED=${seed})`, () => {
  const random = randomFrom(seed);
  const storm = new Storm({ users: 8, random });
  let site: Site;
  let acknowledged = 0;
  beforeAll(async () => {
    site = await Site.create();
    await site.start();
  });
  afterAll(() => site.remove());

  it.each(Array.from({ length: rounds }, (_, index) => index + 1))(
    'has lost nothing and has nothing by halves after kill %i',
    async round => {
      await site.ensureRunning();
      const raging = storm.rage(site);
      await new Promise(resolve => setTimeout(resolve, 300 + random() * 1_200));
      await site.kill(round % 3 === 0 ? 'database' : undefined);
      acknowledged += await raging;
      await site.start();
      expect(await site.problems()).toEqual([]);
      const repeated = await site.publisher.finish();
      expect(repeated.filter(result => result !== 'acknowledged')).toEqual([]);
    },
  );

  it('has all of it in the end', async () => {
    await site.ensureRunning();
    expect(await site.problems()).toEqual([]);
    expect(acknowledged).toBeGreaterThan(rounds);
  });
});
