import cluster from 'node:cluster';
import { createLogger, isLarderError, parseConfig, type Config, type Logger } from '#kernel';
import { banner } from './banner.js';
import { startServer, type RunningServer } from './boot.js';
import { runPrimary } from './cluster.js';
import { formats } from './formats.js';

/** The process: settings, start, signals, end. */
export async function run(): Promise<void> {
  const startedAt = Date.now() - process.uptime() * 1000;
  const config = readConfig();
  const logger = createLogger(config.logLevel);
  try {
    if (config.workers > 1 && cluster.isPrimary) {
      await runPrimary(config, logger);
      return;
    }
    const server = await startServer({ config, formats, logger, folderHeld: cluster.isWorker });
    onEnd(server, logger);
    if (!cluster.isWorker || cluster.worker?.id === 1) await announce(server, Date.now() - startedAt);
    logger.info({ url: server.url }, 'ready');
  } catch (error) {
    failToStart(error, logger);
  }
}

function readConfig(): Config {
  try {
    return parseConfig(process.env);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(2);
  }
}

async function announce(server: RunningServer, millisecondsToReady: number): Promise<void> {
  const text = banner({
    url: server.url,
    formats,
    repositories: await server.repositories(),
    setupCodePath: server.setupCodePath,
    millisecondsToReady,
  });
  process.stdout.write(`${text}\n`);
}

function onEnd(server: RunningServer, logger: Logger): void {
  let ending = false;
  const end = (reason: string, code: number): void => {
    if (ending) return;
    ending = true;
    logger.info({ reason }, 'stopping');
    server.stop().then(
      () => process.exit(code),
      (error: unknown) => {
        logger.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => end('SIGTERM', 0));
  process.on('SIGINT', () => end('SIGINT', 0));
  // What nobody foresaw leaves the process in an unknown state: finish what is in flight for a few seconds, then end; a restart repairs nothing because nothing needs it.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      logger.error({ err: error }, 'an unexpected error ends the server');
      setTimeout(() => process.exit(1), 5_000).unref();
      end(event, 1);
    });
  }
}

function failToStart(error: unknown, logger: Logger): never {
  if (isLarderError(error)) process.stderr.write(`${error.message}\n`);
  else logger.error({ err: error }, 'the server cannot start');
  process.exit(1);
}
