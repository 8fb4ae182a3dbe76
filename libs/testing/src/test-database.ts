import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { connectionOf, Database } from '#database';
import { silentLogger } from '#kernel';
import { templateDatabase } from './global-setup.js';

export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  stop(): Promise<void>;
}

/** A migrated database of its own on the run's PostgreSQL, cloned from the template in some 50 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(`create database ${name} template ${templateDatabase}`);
  const url = testDatabaseUrl(name);
  const database = await Database.connect({ url, logger: silentLogger, poolSize: 5 });
  return {
    url,
    database,
    async stop() {
      await database.close();
      await administer(`drop database ${name} with (force)`);
    },
  };
}

/** Only the empty clone, for servers that make their own connections. */
export async function createBareTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(`create database ${name} template ${templateDatabase}`);
  return { url: testDatabaseUrl(name), drop: () => administer(`drop database ${name} with (force)`) };
}

function testDatabaseUrl(name: string): string {
  const base = process.env['TEST_POSTGRES_URL'];
  if (!base)
    throw new Error(
      'TEST_POSTGRES_URL is not set; run the tests through jest.config.mjs, whose global set-up starts PostgreSQL',
    );
  const url = new URL(base);
  url.pathname = `/${name}`;
  return url.toString();
}

/** CREATE DATABASE needs the template to itself, so clones queue behind an advisory lock. */
async function administer(statement: string): Promise<void> {
  const client = new Client(connectionOf(process.env['TEST_POSTGRES_URL'] ?? ''));
  await client.connect();
  try {
    await client.query('select pg_advisory_lock(4711)');
    await client.query(statement);
  } finally {
    await client.end();
  }
}
