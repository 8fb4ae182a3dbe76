import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Client } from 'pg';
import { LarderError, type Logger } from '#kernel';
import { connectionOf } from '../connection.js';
import { findBinaries, type Binaries } from './binaries.js';
import { chooseLauncher, type Launcher } from './launcher.js';
import { endLeftover } from './leftover.js';

export interface EmbeddedOptions {
  /** The data folder of the server; the cluster lives in its folder `postgres`. The caller holds the lock of the data folder. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** Server processes that will connect, each with a pool of its own. Default 1. */
  readonly clients?: number;
}

const startTimeoutMs = 120_000;
const stopTimeoutMs = 20_000;
/** A unix socket path may have 107 bytes; PostgreSQL appends `/.s.PGSQL.5432`. */
const longestSocketFolder = 90;

/** The memory of small teams' machines, and no process that nothing here uses. Durability stays as PostgreSQL ships it: fsync and full page writes on. */
const serverSettings: Record<string, string> = {
  shared_buffers: '48MB',
  max_wal_size: '512MB',
  jit: 'off',
  io_method: 'sync',
  max_worker_processes: '2',
  max_parallel_workers_per_gather: '0',
  max_logical_replication_workers: '0',
  log_line_prefix: '',
  log_checkpoints: 'off',
};

const fewestConnections = 100;
/** A pool of ten and the connection that listens, and some to spare. */
const connectionsPerClient = 12;

/**
 * A real PostgreSQL in the data folder, started and stopped with the server. It listens on a unix socket only. A cluster is made in a folder
 * beside its final name and renamed, so that a first start that is cut off leaves nothing half made.
 */
export class EmbeddedPostgres {
  private child: ChildProcess | undefined;
  private stopping = false;
  private readonly recentOutput: string[] = [];

  private constructor(
    private readonly options: EmbeddedOptions,
    private readonly binaries: Binaries,
    private readonly launcher: Launcher,
    private readonly socketFolder: string,
    private readonly password: string,
  ) {}

  /** Starts PostgreSQL, after making the cluster if there is none, and resolves when it takes connections. @throws unavailable */
  static async start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
    const cluster = join(options.dataDir, 'postgres');
    const binaries = await findBinaries();
    const launcher = chooseLauncher(cluster);
    const password = await readOrCreatePassword(join(options.dataDir, 'secrets'));
    const socketFolder = await prepareSocketFolder(options.dataDir, launcher);
    const server = new EmbeddedPostgres(options, binaries, launcher, socketFolder, password);
    await endLeftover({ cluster, socketFolder, logger: options.logger });
    await server.initialise(cluster);
    await server.launch(cluster);
    await server.createDatabase();
    return server;
  }

  /** Address of the database `larder`. */
  get url(): string {
    return this.urlOf('larder');
  }

  /** Process id of the postmaster, for memory figures. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  urlOf(database: string): string {
    return `postgresql://larder:${this.password}@localhost/${database}?host=${encodeURIComponent(this.socketFolder)}`;
  }

  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  async stop(): Promise<void> {
    this.stopping = true;
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>(resolve => child.once('exit', () => resolve()));
    child.kill('SIGINT');
    const impatience = setTimeout(() => child.kill('SIGQUIT'), stopTimeoutMs);
    await gone;
    clearTimeout(impatience);
  }

  private async initialise(cluster: string): Promise<void> {
    if (await exists(join(cluster, 'PG_VERSION'))) return;
    await this.removeUnfinished(cluster);
    const fresh = `${cluster}.new-${randomBytes(4).toString('hex')}`;
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    await this.giveToOwner(fresh);
    const passwordFile = join(this.socketFolder, 'initial-password');
    await writeFile(passwordFile, this.password, { mode: 0o600 });
    await this.giveToOwner(passwordFile);
    try {
      await this.runInitdb(fresh, passwordFile);
    } finally {
      await rm(passwordFile, { force: true });
    }
    await rename(fresh, cluster);
  }

  /** The initdb of a killed start may still be at work, so a folder of its own is made for each, and what cannot be removed yet is left to the next time. */
  private async removeUnfinished(cluster: string): Promise<void> {
    const unfinished = `${basename(cluster)}.new`;
    for (const name of await readdir(this.options.dataDir)) {
      if (!name.startsWith(unfinished)) continue;
      await rm(join(this.options.dataDir, name), { recursive: true, force: true }).catch((error: unknown) =>
        this.options.logger.warn({ err: error }, 'an unfinished database folder could not be removed'),
      );
    }
  }

  private async runInitdb(folder: string, passwordFile: string): Promise<void> {
    const args = [
      '-D',
      folder,
      '-U',
      'larder',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ];
    const child = this.launcher.spawn(this.binaries.initdb, args);
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw this.cannotStart(output.join('').slice(-2_000));
  }

  private async launch(cluster: string): Promise<void> {
    const args = ['-D', cluster, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${this.socketFolder}`];
    const connections = Math.max(fewestConnections, (this.options.clients ?? 1) * connectionsPerClient);
    args.push('-c', `max_connections=${connections}`);
    for (const [name, value] of Object.entries(serverSettings)) args.push('-c', `${name}=${value}`);
    const child = this.launcher.spawn(this.binaries.postgres, args);
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => this.keepOutput(chunk.toString()));
    child.once('exit', code => this.exited(cluster, child, code));
    const failed = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', () => reject(this.cannotStart(this.recentOutput.join(''))));
    });
    await Promise.race([this.waitUntilReady(child), failed]);
  }

  /** A postmaster that dies under a living server (killed by somebody, out of memory) is started again; the pool reconnects by itself. */
  private exited(cluster: string, child: ChildProcess, code: number | null): void {
    if (this.stopping || this.child !== child) return;
    this.options.logger.error(
      { code, output: this.recentOutput.join('').slice(-500) },
      'the embedded PostgreSQL ended; starting it again',
    );
    setTimeout(() => {
      if (this.stopping) return;
      endLeftover({ cluster, socketFolder: this.socketFolder, logger: this.options.logger })
        .then(() => (this.stopping ? undefined : this.launch(cluster)))
        .catch((error: unknown) =>
          this.options.logger.error({ err: error }, 'the embedded PostgreSQL did not start again'),
        );
    }, 500).unref();
  }

  /** Gives up when the process has ended: the next one has a wait of its own. */
  private async waitUntilReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + startTimeoutMs;
    let wait = 15;
    while (child.exitCode === null && child.signalCode === null) {
      const client = new Client(connectionOf(this.urlOf('postgres')));
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.end();
        return;
      } catch (cause) {
        await client.end().catch(() => undefined);
        if (Date.now() > deadline || this.stopping) throw this.cannotStart(this.recentOutput.join(''), cause);
        await new Promise(resolve => setTimeout(resolve, wait));
        wait = Math.min(wait * 1.5, 200);
      }
    }
  }

  private async createDatabase(): Promise<void> {
    const client = new Client(connectionOf(this.urlOf('postgres')));
    await client.connect();
    try {
      const found = await client.query(`select 1 from pg_database where datname = 'larder'`);
      if (found.rowCount === 0) await client.query('create database larder');
    } finally {
      await client.end();
    }
  }

  private async giveToOwner(path: string): Promise<void> {
    if (this.launcher.owner) await chown(path, this.launcher.owner.uid, this.launcher.owner.gid);
  }

  private keepOutput(text: string): void {
    this.recentOutput.push(text);
    if (this.recentOutput.length > 40) this.recentOutput.shift();
    this.options.logger.debug({ source: 'postgresql' }, text.trim());
  }

  private cannotStart(output: string, cause?: unknown): LarderError {
    return new LarderError(
      'unavailable',
      `The embedded PostgreSQL in ${join(this.options.dataDir, 'postgres')} does not start. It says:\n${output.trim()}\nTo use a server of your own set LARDER_DATABASE_URL.`,
      { cause },
    );
  }
}

async function readOrCreatePassword(secretsFolder: string): Promise<string> {
  await mkdir(secretsFolder, { recursive: true, mode: 0o700 });
  const file = join(secretsFolder, 'database-password');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    const password = randomBytes(24).toString('hex');
    await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600, flush: true });
    await rename(`${file}.new`, file);
    return password;
  }
}

async function prepareSocketFolder(dataDir: string, launcher: Launcher): Promise<string> {
  const beside = join(dataDir, 'socket');
  const folder =
    Buffer.byteLength(beside) <= longestSocketFolder
      ? beside
      : join(tmpdir(), `larder-${randomBytes(8).toString('hex')}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  if (launcher.owner) await chown(folder, launcher.owner.uid, launcher.owner.gid);
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
