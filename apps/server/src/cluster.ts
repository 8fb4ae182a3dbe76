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
  const undo: (() => Promise<void>)[] = [];
  const release = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  const url = await prepare(config, logger, undo).catch(async (error: unknown) => {
    await release().catch((cause: unknown) =>
      logger.error({ err: cause }, 'stopping after a failed start failed as well'),
    );
    throw error;
  });
  let stopping = false;
  const startWorker = (): void => {
    if (stopping) return;
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
    await release();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
}

/** Data folder → database → migrations, once for all workers. `undo` takes back what was reached. Resolves with the database's URL. */
async function prepare(config: Config, logger: Logger, undo: (() => Promise<void>)[]): Promise<string> {
  const folder = await takeDataFolder(config.dataDir);
  undo.push(() => folder.release());
  let url = config.databaseUrl;
  if (url === undefined) {
    const embedded = await EmbeddedPostgres.start({ dataDir: config.dataDir, logger, clients: config.workers });
    undo.push(() => embedded.stop());
    url = embedded.url;
  }
  await migrate(url, migrations);
  return url;
}

function endOf(worker: Worker): Promise<void> {
  const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()));
  worker.process.kill('SIGTERM');
  return ended;
}
