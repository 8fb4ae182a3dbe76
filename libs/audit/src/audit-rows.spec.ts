import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger, timeOrderedId } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import type { Actor } from './contract.js';
import { Decisions } from './decisions.js';
import { Events } from './events.js';

const actor: Actor = {
  principalId: 'user:7',
  principalName: 'alice',
  tokenId: '12',
  client: 'npm/11.6.2',
  sourceAddress: '127.0.0.1',
  requestId: 'request-1',
};

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.stop());

describe('Events in PostgreSQL', () => {
  it('appends several events in their order, with one statement', async () => {
    const events = new Events(test.database);
    await test.database.transaction(tx =>
      events.record(tx, actor, [
        {
          action: 'version.publish',
          repositoryId: '3',
          repository: 'npm-hosted',
          package: '@acme/ui',
          version: '1.0.0',
          after: { files: 1 },
        },
        {
          action: 'tag.move',
          repository: 'npm-hosted',
          package: '@acme/ui',
          tag: 'latest',
          before: null,
          after: '1.0.0',
        },
      ]),
    );
    const rows = await events.list({ order: 'oldest', limit: 10 });
    expect(rows).toMatchObject([
      { ...actor, action: 'version.publish', repositoryId: '3', version: '1.0.0', before: null, after: { files: 1 } },
      { ...actor, action: 'tag.move', repositoryId: null, tag: 'latest', before: null, after: '1.0.0' },
    ]);
    expect(Number(rows[0]!.sequence)).toBeLessThan(Number(rows[1]!.sequence));
    expect(rows[0]!.at).toBeInstanceOf(Date);
  });

  it('has no event of a transaction that was rolled back', async () => {
    const events = new Events(test.database);
    const failing = test.database.transaction(async tx => {
      await events.record(tx, actor, { action: 'never.happened' });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await events.list({ filter: { action: 'never.happened' }, order: 'newest', limit: 1 })).toEqual([]);
  });

  it('takes texts that PostgreSQL would refuse', async () => {
    const events = new Events(test.database);
    await test.database.transaction(tx =>
      events.record(
        tx,
        { ...actor, client: 'evil\u0000\u001b[2J' },
        { action: 'odd', path: 'a\u0000', after: { 'k\u0000': '\ud800' } },
      ),
    );
    const [row] = await events.list({ filter: { action: 'odd' }, order: 'newest', limit: 1 });
    expect(row).toMatchObject({ client: 'evil\\u0000\\u001b[2J', path: 'a\\u0000', after: { 'k\\u0000': '\ufffd' } });
  });

  it('pages both ways and filters', async () => {
    const events = new Events(test.database);
    for (const version of ['1', '2', '3']) {
      await test.database.transaction(tx =>
        events.record(tx, actor, { action: 'paged', repository: 'r', package: 'p', version }),
      );
    }
    const filter = {
      action: 'paged',
      repository: 'r',
      package: 'p',
      principalId: 'user:7',
      principalName: 'alice',
      requestId: 'request-1',
    };
    const newest = await events.list({ filter, order: 'newest', limit: 2 });
    expect(newest.map(row => row.version)).toEqual(['3', '2']);
    const rest = await events.list({ filter, order: 'newest', limit: 2, after: newest[1]!.sequence });
    expect(rest.map(row => row.version)).toEqual(['1']);
    const oldest = await events.list({ filter, order: 'oldest', limit: 9, after: rest[0]!.sequence });
    expect(oldest.map(row => row.version)).toEqual(['2', '3']);
    expect(await events.list({ filter: { ...filter, version: '2' }, order: 'oldest', limit: 9 })).toHaveLength(1);
    const future = new Date(Date.now() + 3_600_000);
    expect(await events.list({ filter: { createdAfter: future }, order: 'oldest', limit: 9 })).toEqual([]);
    expect(
      await events.list({ filter: { action: 'paged', createdBefore: future }, order: 'oldest', limit: 9 }),
    ).toHaveLength(3);
  });
});

describe('Decisions in PostgreSQL', () => {
  const decision = {
    at: new Date('2026-11-21T10:00:00Z'),
    principalId: 'user:7',
    principalName: 'alice',
    method: 'GET',
    url: '/repository/npm-hosted/demo',
    status: 404,
    code: 'not-found',
    message: 'There is no package demo.',
    repository: 'npm-hosted',
    rule: null,
    steps: [{ step: 'route', outcome: 'packument' }],
  };

  it('are found after they were written', async () => {
    const decisions = new Decisions(test.database, silentLogger);
    const now = { ...decision, id: timeOrderedId(), at: new Date() };
    decisions.add(now);
    await decisions.flush();
    expect(decisions.dropped).toBe(0);
    expect(await new Decisions(test.database, silentLogger).find(now.id)).toEqual(now);
  });

  it('go when they are older than a week', async () => {
    const old = new Decisions(test.database, silentLogger);
    const id = timeOrderedId();
    old.add({ ...decision, id, at: new Date(Date.now() - 8 * 24 * 3_600_000) });
    await old.flush();
    expect(await new Decisions(test.database, silentLogger).find(id)).toBeUndefined();
  });
});
