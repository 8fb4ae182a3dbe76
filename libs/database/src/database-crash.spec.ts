import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import { isLarderError, silentLogger } from '#kernel';
import { Database } from './database.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';

describe('Database, when PostgreSQL crashes,', () => {
  let dataDir: string;
  let server: EmbeddedPostgres;
  let database: Database;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'larder-pg-'));
    server = await EmbeddedPostgres.start({ dataDir, logger: silentLogger });
    database = await Database.connect({ url: server.url, logger: silentLogger, poolSize: 2 });
    await database.query('create table counter (n int)');
  });
  afterEach(async () => {
    await database.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('does not take another transaction for its own that got its id after the crash', async () => {
    const outcome = database.transaction(async tx => {
      await tx.query('insert into counter values (1)');
      insteadOfCommit(database, async () => {
        process.kill(server.pid!, 'SIGKILL');
        const other = await connectAgain(server.url);
        for (let i = 0; i < 5; i++) await other.query('insert into counter values (2)');
        await other.close();
      });
    });
    expect(isLarderError(await outcome.catch((error: unknown) => error), 'unavailable')).toBe(true);
    const again = await connectAgain(server.url);
    expect(await again.query('select n from counter where n = 1')).toEqual([]);
    await again.close();
  });
});

/** Puts work in the place of the next COMMIT, whose answer is lost. */
function insteadOfCommit(database: Database, work: () => Promise<void>): void {
  const { pool } = database as unknown as { pool: { _clients: PoolClient[] } };
  const client = pool._clients[0]! as unknown as { query(...parameters: unknown[]): Promise<unknown> };
  const query = client.query.bind(client);
  client.query = async (...parameters) => {
    if (parameters[0] !== 'commit') return query(...parameters);
    await work();
    throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
  };
}

/** Connects as soon as the server is back. */
async function connectAgain(url: string): Promise<Database> {
  for (;;) {
    try {
      return await Database.connect({ url, logger: silentLogger, poolSize: 1 });
    } catch {
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
}
