import 'reflect-metadata';
import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import type { Express } from 'express';
import { createAccess, type Access } from '#access';
import { Decisions } from '#audit';
import { openFileBlobs, type FileBlobs } from '#blob';
import { DatabaseBlobLedger, Repositories, Usage } from '#catalog';
import { Database, EmbeddedPostgres, migrate } from '#database';
import { silentLogger, systemClock, type Config, type Logger } from '#kernel';
import { migrations } from '#migrations';
import { ContentHandlers, Front, Recorder, requireActions, Uploads, type Format, type RepositoryRow } from '#registry';
import { AppModule } from './app.module.js';
import { takeDataFolder } from './data-folder.js';
import { Health } from './health.js';
import { closeServer, listen, makeHttpServer } from './http-server.js';
import { startBackgroundWork } from './background.js';
import { nestLogger } from './nest-logger.js';
import { patiently } from './patience.js';
import { makeStarterRepositories } from './starter.js';

export interface ServerOptions {
  readonly config: Config;
  readonly formats: readonly Format[];
  readonly logger: Logger;
  /** The data folder's lock is held by somebody else on our behalf (worker processes). */
  readonly folderHeld?: boolean;
}

export interface RunningServer {
  /** As clients reach it. */
  readonly url: string;
  readonly port: number;
  readonly app: NestExpressApplication;
  readonly database: Database;
  readonly access: Access;
  /** Path of the set-up code while there is no user. */
  readonly setupCodePath: string | undefined;
  repositories(): Promise<RepositoryRow[]>;
  /** Finishes what is in flight, for at most a minute; the database stops last. */
  stop(): Promise<void>;
}

const drainDeadlineMs = 60_000;
/** How long a load balancer that asks about readiness is given to hear that we are going. */
const noticeMs = 5_000;
const probedRecentlyMs = 30_000;
/** A set-up code or an upload that a killed process left in the staging folder is old after this. */
const leftoverMs = 24 * 3_600_000;

/**
 * The start, in order: data folder → database → migrations → services → blob store → HTTP → background work. The stop is its reverse. What was started before a failure is
 * stopped again.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const undo: (() => Promise<void>)[] = [];
  const stopAll = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    return await start(options, undo, stopAll);
  } catch (error) {
    await stopAll().catch((cause: unknown) =>
      options.logger.error({ err: cause }, 'stopping after a failed start failed as well'),
    );
    throw error;
  }
}

async function start(
  options: ServerOptions,
  undo: (() => Promise<void>)[],
  stopAll: () => Promise<void>,
): Promise<RunningServer> {
  const { config, formats, logger } = options;
  if (!options.folderHeld) {
    const folder = await takeDataFolder(config.dataDir);
    undo.push(() => folder.release());
  }
  const databaseUrl = await openDatabase(options, undo);
  const database = await patiently(() => Database.connect({ url: databaseUrl, logger }), logger);
  undo.push(() => database.close());
  const access = createAccess({ database, dataDir: config.dataDir, clock: systemClock, logger });
  await patiently(() => access.ready(), logger);
  undo.push(() => access.stop());
  const blobs = await openFileBlobs({ dataDir: config.dataDir, ledger: new DatabaseBlobLedger(database), logger });
  if (config.starterRepositories === 'default')
    await patiently(() => makeStarterRepositories(database, formats), logger);
  const setupCodePath = await patiently(() => prepareFirstUser(access, config), logger);
  const health = new Health(database, () => blobs.requireWritable());
  const app = await makeApp(options, { database, access, blobs, health });
  undo.push(async () => {
    await app.get(Usage).flush();
    await app.get(Decisions).flush();
  });
  const server = makeHttpServer(app.getHttpAdapter().getInstance());
  undo.push(() => stopHttp(server, health));
  const port = await listen(server, config);
  const background = startBackgroundWork({
    uploads: app.get(Uploads),
    sweepStaging: () => blobs.sweepStaging({ olderThanMs: leftoverMs }),
    logger,
  });
  undo.push(() => background.stop());
  return {
    url: config.publicUrl ?? `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    port,
    app,
    database,
    access,
    setupCodePath,
    repositories: () => app.get(Repositories).list(),
    stop: stopAll,
  };
}

async function openDatabase(
  { config, logger, folderHeld }: ServerOptions,
  undo: (() => Promise<void>)[],
): Promise<string> {
  if (config.databaseUrl !== undefined) {
    if (!folderHeld) await migrate(config.databaseUrl, migrations);
    return config.databaseUrl;
  }
  const embedded = await EmbeddedPostgres.start({ dataDir: config.dataDir, logger });
  undo.push(() => embedded.stop());
  await migrate(embedded.url, migrations);
  return embedded.url;
}

async function prepareFirstUser(access: Access, config: Config): Promise<string | undefined> {
  if (config.adminPassword !== undefined) await access.setup.ensureAdmin(config.adminPassword);
  return (await access.setup.prepareCode())?.path;
}

async function makeApp(
  { config, formats, logger }: ServerOptions,
  parts: { database: Database; access: Access; blobs: FileBlobs; health: Health },
): Promise<NestExpressApplication> {
  const { database, access, blobs, health } = parts;
  const adapter = new ExpressAdapter();
  // The adapter has made Express's router already, so the application's setting of that name comes too late.
  adapter.getInstance<{ router: { caseSensitive: boolean } }>().router.caseSensitive = true;
  const registry = {
    formats,
    database,
    access,
    blobs: { sink: blobs.store, source: blobs.store, uploads: blobs.uploads },
    origins: { publicUrl: config.publicUrl, trustedProxies: config.trustedProxies },
    logger,
  };
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(registry, health), adapter, {
    bodyParser: false,
    abortOnError: false,
    logger: nestLogger(logger ?? silentLogger),
  });
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  requireActions(app);
  app.use(app.get(Recorder).handle);
  app.use(app.get(Front).handle);
  const handlers = new ContentHandlers();
  app.use(handlers.handle);
  await app.init();
  handlers.collect(adapter.getInstance<Express>().router);
  return app;
}

async function stopHttp(server: Server, health: Health): Promise<void> {
  health.draining = true;
  if (Date.now() - health.lastProbeAt < probedRecentlyMs) await new Promise(resolve => setTimeout(resolve, noticeMs));
  await closeServer(server, drainDeadlineMs);
}
