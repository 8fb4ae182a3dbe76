import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpClient } from './http-client.js';
import { Ledger } from './ledger.js';
import { Publisher } from './publisher.js';
import { postmasterOf, ServerProcess, type ProcessOptions } from './server-process.js';
import { verify, type Problem } from './verifier.js';

export type SiteOptions = Omit<ProcessOptions, 'dataDir'>;

/** One installation under test: a data folder, the server process on it, and the ledger beside it. */
export class Site {
  private process: ServerProcess | undefined;
  private currentClient: HttpClient | undefined;
  private currentPublisher: Publisher | undefined;
  private readonly surprises: string[] = [];

  private constructor(
    /** Holds everything; short, because sockets have short names. */
    readonly folder: string,
    readonly ledger: Ledger,
    private readonly options: SiteOptions,
  ) {}

  /** A new, empty installation. Nothing is started yet. */
  static async create(options: SiteOptions = {}): Promise<Site> {
    const folder = await mkdtemp(join(tmpdir(), 'larder-crash-'));
    return new Site(folder, await Ledger.open(join(folder, 'ledger')), options);
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  get server(): ServerProcess {
    if (!this.process) throw new Error('the server was not started');
    return this.process;
  }

  get client(): HttpClient {
    if (!this.currentClient) throw new Error('the server was not started');
    return this.currentClient;
  }

  get publisher(): Publisher {
    if (!this.currentPublisher) throw new Error('the server was not started');
    return this.currentPublisher;
  }

  /** Starts the server, or starts it again. `changes` apply to this start only. */
  async start(changes: SiteOptions = {}): Promise<void> {
    this.currentClient?.close();
    this.surprises.push(...(this.currentPublisher?.surprises ?? []));
    this.process = await ServerProcess.start({ dataDir: this.dataDir, ...this.options, ...changes });
    this.currentClient = new HttpClient(await this.process.ready());
    this.currentPublisher = new Publisher(this.currentClient, this.ledger);
    await this.ledger.append({ line: 'restarted' });
  }

  /** Starts the server unless it runs. */
  async ensureRunning(): Promise<void> {
    if (!this.process || this.process.hasEnded) await this.start();
  }

  /** SIGKILL for the server and, if asked, for its database at the same moment. */
  async kill(also?: 'database'): Promise<void> {
    const postmaster = also === 'database' ? await this.server.postmaster() : undefined;
    if (postmaster !== undefined) process.kill(postmaster, 'SIGKILL');
    await this.server.kill();
  }

  /** Everything that is wrong, as sentences that begin with their kind. */
  async problems(): Promise<string[]> {
    const found = await this.verify();
    const surprises = [...this.surprises, ...(this.currentPublisher?.surprises ?? [])];
    return [...found.map(({ kind, text }) => `${kind}: ${text}`), ...surprises.map(text => `surprise: ${text}`)];
  }

  async verify(): Promise<Problem[]> {
    const databaseUrl = await this.databaseUrl();
    return verify({ client: this.client, ledger: this.ledger, dataDir: this.dataDir, databaseUrl });
  }

  /** Address of the database that the server uses. */
  async databaseUrl(): Promise<string> {
    const external = this.options.environment?.['LARDER_DATABASE_URL'];
    if (external !== undefined) return external;
    const password = (await readFile(join(this.dataDir, 'secrets', 'database-password'), 'utf8')).trim();
    return `postgresql://larder:${password}@localhost/larder?host=${encodeURIComponent(join(this.dataDir, 'socket'))}`;
  }

  /** Ends what still runs and removes everything. */
  async remove(): Promise<void> {
    this.currentClient?.close();
    if (this.process && !this.process.hasEnded) await this.process.terminate();
    await databaseGone(this.dataDir);
    await this.ledger.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Waits until the PostgreSQL of a killed server has shut down. */
export async function databaseGone(dataDir: string): Promise<void> {
  while ((await postmasterOf(dataDir)) !== undefined) await new Promise(resolve => setTimeout(resolve, 20));
}
