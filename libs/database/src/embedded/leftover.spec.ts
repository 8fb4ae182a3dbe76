import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { silentLogger } from '#kernel';
import { connectionOf } from '../connection.js';
import { EmbeddedPostgres } from './embedded-postgres.js';

describe('The embedded PostgreSQL after a violent end', () => {
  let dataDir: string;
  let server: EmbeddedPostgres;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'larder-pg-'));
    server = await EmbeddedPostgres.start({ dataDir, logger: silentLogger });
  });
  afterEach(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('starts although the lock files name a process that has got the same id meanwhile', async () => {
    await server.stop();
    const stranger = spawn('sleep', ['60']);
    const lock = `${stranger.pid}\n${join(dataDir, 'postgres')}\n1700000000\n5432\n${join(dataDir, 'socket')}\n`;
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), lock);
    await writeFile(join(dataDir, 'socket', '.s.PGSQL.5432.lock'), lock);
    try {
      server = await EmbeddedPostgres.start({ dataDir, logger: silentLogger });
      expect(await answer(server.url)).toBe(1);
    } finally {
      stranger.kill();
    }
  });

  it('comes back although a backend of the killed postmaster is still at work', async () => {
    const busy = new Client(connectionOf(server.url));
    busy.on('error', () => undefined);
    await busy.connect();
    const query = busy.query('select count(*) from generate_series(1, 100000000000)').catch(() => 'cut');
    await untilAtWork(server.url);
    process.kill(server.pid!, 'SIGKILL');
    const started = Date.now();
    while ((await answer(server.url).catch(() => undefined)) !== 1)
      await new Promise(resolve => setTimeout(resolve, 50));
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(await query).toBe('cut');
  });
});

async function answer(url: string): Promise<number> {
  const client = new Client(connectionOf(url));
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<{ one: number }>('select 1 as one')).rows[0]!.one;
  } finally {
    await client.end();
  }
}

async function untilAtWork(url: string): Promise<void> {
  const client = new Client(connectionOf(url));
  await client.connect();
  const atWork = `select count(*)::int as n from pg_stat_activity where state = 'active' and query like '%generate_series%' and pid <> pg_backend_pid()`;
  while ((await client.query<{ n: number }>(atWork)).rows[0]!.n === 0)
    await new Promise(resolve => setTimeout(resolve, 20));
  await client.end();
}
