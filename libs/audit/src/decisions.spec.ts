import { describe, expect, it } from '@jest/globals';
import type { Database } from '#database';
import { silentLogger, timeOrderedId, type Logger } from '#kernel';
import type { Decision } from './contract.js';
import { Decisions } from './decisions.js';

/** Keeps what was inserted; fails while `down` is true. */
class MemoryDatabase {
  down = false;
  readonly batches: Decision[][] = [];

  query(sql: string, [json]: readonly string[] = []): Promise<unknown[]> {
    if (this.down) return Promise.reject(new Error('connection refused'));
    if (sql.startsWith('insert')) this.batches.push(JSON.parse(json!) as Decision[]);
    if (sql.startsWith('select')) return Promise.resolve(this.batches.flat().filter(row => row.id === json));
    return Promise.resolve([]);
  }
}

function start(logger: Logger = silentLogger) {
  const database = new MemoryDatabase();
  return { database, decisions: new Decisions(database as unknown as Database, logger) };
}

function decision(changes: Partial<Decision> = {}): Decision {
  return {
    id: timeOrderedId(),
    at: new Date(),
    principalId: 'anonymous',
    principalName: 'anonymous',
    method: 'GET',
    url: '/repository/npm-hosted/demo',
    status: 404,
    code: 'not-found',
    message: 'There is no package demo.',
    repository: 'npm-hosted',
    rule: null,
    steps: [{ step: 'route', outcome: 'packument' }],
    ...changes,
  };
}

describe('Decisions', () => {
  it('finds a queued decision at once and a written one in the database', async () => {
    const { database, decisions } = start();
    const one = decision();
    decisions.add(one);
    expect((await decisions.find(one.id))?.message).toBe('There is no package demo.');
    await decisions.flush();
    expect(database.batches).toHaveLength(1);
    expect((await decisions.find(one.id))?.id).toBe(one.id);
    expect(await decisions.find('unknown')).toBeUndefined();
  });

  it('writes in batches and without being asked', async () => {
    const { database, decisions } = start();
    for (let count = 0; count < 1_200; count++) decisions.add(decision());
    const deadline = Date.now() + 5_000;
    while (database.batches.flat().length < 1_200 && Date.now() < deadline) await new Promise(setImmediate);
    expect(database.batches.map(batch => batch.length)).toEqual([500, 500, 200]);
  });

  it('keeps at most 10,000 in memory and counts the rest', () => {
    const { database, decisions } = start();
    database.down = true;
    for (let count = 0; count < 10_010; count++) decisions.add(decision());
    expect(decisions.dropped).toBe(10);
  });

  it('survives a database that is away for a moment, and tells of it', async () => {
    let told = 0;
    const listening = {
      warn: () => {
        database.down = ++told < 3;
      },
    };
    const { database, decisions } = start(listening as unknown as Logger);
    database.down = true;
    decisions.add(decision());
    await decisions.flush();
    expect(told).toBe(3);
    expect(database.batches.flat()).toHaveLength(1);
    expect(decisions.dropped).toBe(0);
  });

  it('gives a batch up that never can be written', async () => {
    const { database, decisions } = start();
    database.down = true;
    decisions.add(decision());
    await decisions.flush();
    expect(decisions.dropped).toBe(1);
  });

  it('keeps no query value, no token and no control character', async () => {
    const { database, decisions } = start();
    decisions.add(
      decision({
        url: '/x/ldr_p_abcdef0123?token=geheim\u001b',
        message: 'No \u0000 here, ldr_p_abcdef0123',
        steps: [{ step: 'authenticate', outcome: 'token ldr_p_abcdef0123\u0000' }],
      }),
    );
    await decisions.flush();
    const [written] = database.batches.flat();
    expect(written).toMatchObject({ url: '/x/[removed]?token=', message: 'No \\u0000 here, [removed]' });
    expect(JSON.stringify(written!.steps)).toBe('[{"step":"authenticate","outcome":"token [removed]\\\\u0000"}]');
  });
});
