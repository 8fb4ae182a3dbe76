import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '#testing';
import { isLarderError, silentLogger } from '#kernel';
import { Database } from './database.js';

describe('Database', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase();
    await test.database.query('create table counter (id int primary key, n int not null)');
    await test.database.query('insert into counter values (1, 0), (2, 0)');
  });
  afterAll(() => test.stop());

  it('rolls back everything when the work throws', async () => {
    await expect(
      test.database.transaction(async tx => {
        await tx.query('update counter set n = 99 where id = 1');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    const rows = await test.database.query<{ n: number }>('select n from counter where id = 1');
    expect(rows[0]?.n).toBe(0);
  });

  it('tells handlers of this process before the transaction resolves, and only on commit', async () => {
    const heard: string[] = [];
    test.database.on('spec', payload => heard.push(payload));
    await test.database.transaction(async tx => tx.notify('spec', 'one'));
    expect(heard).toContain('one');
    await test.database
      .transaction(async tx => {
        tx.notify('spec', 'two');
        throw new Error('no');
      })
      .catch(() => undefined);
    expect(heard).not.toContain('two');
  });

  it('repeats a transaction that PostgreSQL ended for a deadlock', async () => {
    const both = (first: number, second: number) =>
      test.database.transaction(async tx => {
        await tx.query('update counter set n = n + 1 where id = $1', [first]);
        await tx.query('select pg_sleep(0.05)');
        await tx.query('update counter set n = n + 1 where id = $1', [second]);
      });
    await Promise.all([both(1, 2), both(2, 1)]);
    const rows = await test.database.query<{ n: number }>('select n from counter order by id');
    expect(rows.map(row => row.n)).toEqual([2, 2]);
  });

  it('resolves when the answer to a COMMIT that happened is lost', async () => {
    type Client = { query: (sql: string) => Promise<unknown> };
    const pool = (test.database as unknown as { pool: { connect(callback?: unknown): Promise<Client> } }).pool;
    const connect = pool.connect.bind(pool);
    pool.connect = async (callback?: unknown) => {
      if (callback) return connect(callback);
      const client = await connect();
      const query = client.query.bind(client);
      client.query = async (sql: string, ...rest: unknown[]) => {
        const result = await (query as (...all: unknown[]) => Promise<unknown>)(sql, ...rest);
        if (sql !== 'commit') return result;
        client.query = query;
        throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
      };
      return client;
    };
    try {
      await test.database.transaction(tx => tx.query('update counter set n = 50 where id = 1'));
    } finally {
      pool.connect = connect;
    }
    const rows = await test.database.query<{ n: number }>('select n from counter where id = 1');
    expect(rows[0]?.n).toBe(50);
  });

  it('says unavailable, not internal, when a connection is killed under a transaction', async () => {
    const outcome = test.database.transaction(async tx => {
      const rows = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await test.database.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
      await tx.query('select 1');
    });
    const error = await outcome.catch((caught: unknown) => caught);
    expect(isLarderError(error, 'unavailable')).toBe(true);
  });

  it('survives the end of the very first connection between two statements of a transaction', async () => {
    const fresh = await Database.connect({ url: test.url, logger: silentLogger, poolSize: 1 });
    const outcome = fresh.transaction(async tx => {
      const [{ pid } = { pid: 0 }] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await test.database.query('select pg_terminate_backend($1)', [pid]);
      while ((await test.database.query('select 1 from pg_stat_activity where pid = $1', [pid])).length > 0);
      await tx.query('select 1');
    });
    const error = await outcome.catch((caught: unknown) => caught);
    expect(isLarderError(error, 'unavailable')).toBe(true);
    expect(await fresh.query('select 1 as one')).toEqual([{ one: 1 }]);
    await fresh.close();
  });

  it('lets one holder at a time have a name, in this process and in others', async () => {
    const other = await Database.connect({ url: test.url, logger: silentLogger, poolSize: 1 });
    try {
      const release = await test.database.hold('upload:1');
      expect(release).toBeDefined();
      expect(await test.database.hold('upload:1')).toBeUndefined();
      expect(await other.hold('upload:1')).toBeUndefined();
      const [one, two] = await Promise.all([other.hold('upload:2'), other.hold('upload:3')]);
      expect([typeof one, typeof two]).toEqual(['function', 'function']);
      await release!();
      const after = await other.hold('upload:1');
      expect(after).toBeDefined();
      expect(await test.database.hold('upload:1')).toBeUndefined();
    } finally {
      await other.close();
    }
  });

  it('goes on hearing notifications after the listening connection was killed', async () => {
    const heard: string[] = [];
    let dropped = 0;
    test.database.on('spec', payload => heard.push(payload));
    test.database.onReconnect(() => dropped++);
    await test.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'larder-listen' and datname = current_database()`,
    );
    while (dropped < 2) await new Promise(resolve => setTimeout(resolve, 20));
    await test.database.query(`select pg_notify('spec', 'after')`);
    while (!heard.includes('after')) await new Promise(resolve => setTimeout(resolve, 10));
    expect(test.database.notificationsLive).toBe(true);
  });
});
