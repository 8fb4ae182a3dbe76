import { Client } from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { LarderError } from '#kernel';
import { connectionOf } from './connection.js';

/** Any number will do; it must only be the same in every release. */
const migrationLock = 7_263_541;
const oldestMajor = 15;

/**
 * Runs the outstanding migrations, each in its own transaction, under an advisory lock: of several servers that start at once one migrates and the others wait.
 * Returns the names of those that ran.
 * @throws invalid-request when the server is older than PostgreSQL 15
 */
export async function migrate(url: string, migrations: readonly (new () => MigrationInterface)[]): Promise<string[]> {
  const lock = new Client({ ...connectionOf(url), application_name: 'larder-migrate' });
  await lock.connect();
  try {
    await refuseOldServer(lock);
    await lock.query('select pg_advisory_lock($1)', [migrationLock]);
    const source = new DataSource({
      type: 'postgres',
      poolSize: 1,
      migrations: [...migrations],
      migrationsTableName: 'schema_migration',
      extra: { ...connectionOf(url), options: '-c lock_timeout=4s' },
    });
    await source.initialize();
    try {
      const done = await source.runMigrations({ transaction: 'each' });
      return done.map(migration => migration.name);
    } finally {
      await source.destroy();
    }
  } finally {
    await lock.end();
  }
}

async function refuseOldServer(client: Client): Promise<void> {
  const result = await client.query<{ server_version_num: string }>('show server_version_num');
  const major = Math.floor(Number(result.rows[0]?.server_version_num) / 10_000);
  if (major < oldestMajor) {
    throw new LarderError(
      'invalid-request',
      `Larder needs PostgreSQL ${oldestMajor} or newer; the server of LARDER_DATABASE_URL is version ${major}.`,
    );
  }
}
