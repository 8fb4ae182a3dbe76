import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { connectionOf, EmbeddedPostgres, migrate } from '#database';
import { silentLogger } from '#kernel';
import { migrations } from '#migrations';

export interface SharedServer {
  readonly postgres: EmbeddedPostgres;
  readonly folder: string;
}

export const templateDatabase = 'larder_template';
const slot = Symbol.for('larder.testing.shared-server');

export function sharedServer(): { [slot]?: SharedServer } {
  return globalThis as { [slot]?: SharedServer };
}

/** One PostgreSQL for the whole run, with a migrated database that each test file clones. */
export default async function globalSetup(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-test-'));
  const postgres = await EmbeddedPostgres.start({ dataDir: folder, logger: silentLogger });
  const client = new Client(connectionOf(postgres.urlOf('postgres')));
  await client.connect();
  await client.query(`create database ${templateDatabase}`);
  await client.end();
  await migrate(postgres.urlOf(templateDatabase), migrations);
  process.env['TEST_POSTGRES_URL'] = postgres.urlOf('postgres');
  sharedServer()[slot] = { postgres, folder };
}

export async function stopSharedServer(): Promise<SharedServer | undefined> {
  const shared = sharedServer()[slot];
  await shared?.postgres.stop();
  return shared;
}
