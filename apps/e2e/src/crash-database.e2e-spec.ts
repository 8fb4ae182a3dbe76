import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formats } from '#server';
import type { Result } from './ledger/ledger.js';
import { Site } from './ledger/site.js';

/** Clients wait before they ask again. */
const retryMs = 100;

/** Users who go on whatever they are answered: the numbers of their publishes, the results, and the statuses behind them. */
class Users {
  readonly answers = new Set<string>();
  private number = 0;
  private stopping = false;
  private readonly counts: Record<Result, number> = { acknowledged: 0, refused: 0, unknown: 0 };

  constructor(private readonly site: Site) {}

  async publishUntilStopped(count: number): Promise<void> {
    const user = async (): Promise<void> => {
      while (!this.stopping && !this.site.server.hasEnded) {
        const number = ++this.number;
        const format = formats[number % formats.length]!.name;
        const publication = {
          name: `kept-${number % 4}`,
          version: `1.0.${number}`,
          seed: `kept ${number}`,
          sizeBytes: 3_000,
        };
        const result = await this.site.publisher.publish(format, publication);
        this.counts[result]++;
        if (result !== 'acknowledged') await new Promise(resolve => setTimeout(resolve, retryMs));
      }
    };
    await Promise.all(Array.from({ length: count }, user));
    for (const line of await this.site.ledger.read()) {
      if (line.line === 'outcome') this.answers.add(line.answered ? line.detail.slice(0, 3) : line.detail);
    }
  }

  stop(): void {
    this.stopping = true;
  }

  /** Waits for so many more publishes with this result. */
  async more(result: Result, count: number): Promise<void> {
    const target = this.counts[result] + count;
    while (this.counts[result] < target && !this.site.server.hasEnded)
      await new Promise(resolve => setTimeout(resolve, 20));
  }
}

describe('A server whose PostgreSQL is killed', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.create();
    await site.start();
  });
  afterAll(() => site.remove());

  it('answers 503 meanwhile, recovers by itself and has lost nothing', async () => {
    const users = new Users(site);
    const publishing = users.publishUntilStopped(6);
    try {
      for (let kill = 0; kill < 3; kill++) {
        await users.more('acknowledged', 10);
        process.kill((await site.server.postmaster())!, 'SIGKILL');
        await users.more('unknown', 1);
      }
      await users.more('acknowledged', 10);
    } finally {
      users.stop();
      await publishing;
    }
    expect(site.server.hasEnded).toBe(false);
    expect(users.answers).toContain('503');
    expect([...users.answers].filter(answer => !['200', '201', '204', '503'].includes(answer))).toEqual([]);
    expect(await site.problems()).toEqual([]);
    expect((await site.publisher.finish()).filter(result => result !== 'acknowledged')).toEqual([]);
    expect(await site.problems()).toEqual([]);
    expect((await site.client.get('/readyz')).status).toBe(200);
  });
});
