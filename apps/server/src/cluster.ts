import cluster, { type Worker } from 'node:cluster';
import { EmbeddedPostgres, migrate } from '#database';
import type { Config, Logger } from '#kernel';
import { migrations } from '#migrations';
import { takeDataFolder } from './data-folder.js';

/** A worker that fails at once every time must not be started in a loop. */
const shortestLifeMs = 5_000;

/**
 * `LARDER_WORKERS=n`: this process holds the data folder and the database, n others serve on one port. They share nothing but PostgreSQL and the blob store, so they are no
 * different from servers on several machines.
 */
export async function runPrimary(config: Config, logger: Logger): Promise<void> {
  const folder = await takeDataFolder(config.dataDir);
  const embedded = config.databaseUrl === undefined ? await EmbeddedPostgres.start({ dataDir: config.dataDir, logger }) : undefined;
  const url = embedded?.url ?? config.databaseUrl!;
  await migrate(url, migrations);
  let stopping = false;
  const startWorker = (): void => {
    const startedAt = Date.now();
    const worker = cluster.fork({ LARDER_WORKERS: '1', LARDER_DATABASE_URL: url });
    worker.once('exit', code => {
      if (stopping) return;
      logger.error({ code, pid: worker.process.pid }, 'a worker ended; starting another');
      setTimeout(startWorker, Date.now() - startedAt < shortestLifeMs ? shortestLifeMs : 0);
    });
  };
  for (let i = 0; i < config.workers; i++) startWorker();
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await Promise.all(Object.values(cluster.workers ?? {}).map(worker => worker && endOf(worker)));
    await embedded?.stop();
    await folder.release();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
}

function endOf(worker: Worker): Promise<void> {
  const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()));
  worker.process.kill('SIGTERM');
  return ended;
}
