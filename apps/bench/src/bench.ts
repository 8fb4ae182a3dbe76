import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BareProcess } from './bare-process.js';
import { Child } from './child.js';
import type { Pair } from './figures.js';
import { LarderAccount } from './larder-account.js';
import { LarderProcess } from './larder-process.js';
import type { Job, JobResult, Reply } from './load/jobs.js';

/** Everything that the rows share: both servers, the load process and a temporary folder. Started at first use, stopped and removed by `close`. */
export class Bench {
  /** Figures of rows that a later row refers to. */
  readonly figures = new Map<string, Pair>();
  private larderStarted: Promise<LarderProcess> | undefined;
  private bareStarted: Promise<BareProcess> | undefined;
  private account: Promise<LarderAccount> | undefined;
  private load: Child | undefined;
  private readonly prepared = new Map<string, Promise<unknown>>();
  private lastSeed = 0;

  private constructor(
    private readonly folder: string,
    /** Length of one round of small requests. */
    readonly seconds: number,
  ) {}

  static async open(seconds: number): Promise<Bench> {
    return new Bench(await mkdtemp(join(tmpdir(), 'larder-bench-')), seconds);
  }

  larder(): Promise<LarderProcess> {
    this.larderStarted ??= LarderProcess.start(this.path('data'));
    return this.larderStarted;
  }

  /** The server in the state after a start: nothing in its caches. */
  async restartedLarder(): Promise<LarderProcess> {
    await (await this.larderStarted)?.stop();
    this.larderStarted = undefined;
    this.account = undefined;
    return this.larder();
  }

  /** The administrator on the running server. */
  async admin(): Promise<LarderAccount> {
    const { url } = await this.larder();
    this.account ??= LarderAccount.signIn(url);
    return this.account;
  }

  bare(): Promise<BareProcess> {
    this.bareStarted ??= this.startBare();
    return this.bareStarted;
  }

  /** Has the load process do a job. @throws Error when a request fails or is refused */
  async run(job: Job): Promise<JobResult> {
    this.load ??= Child.start('./load/load-process.js');
    const reply = await this.load.ask<Reply>(job);
    if ('error' in reply) throw new Error(reply.error);
    return reply.result;
  }

  /** Does what several rows need before them, at the first of them. */
  once<T>(what: string, prepare: () => Promise<T>): Promise<T> {
    const present = this.prepared.get(what) ?? prepare();
    this.prepared.set(what, present);
    return present as Promise<T>;
  }

  /** Never the same number twice, so that no push meets bytes that are there already. */
  nextSeed(): number {
    return ++this.lastSeed;
  }

  /** A path in the temporary folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  async close(): Promise<void> {
    await Promise.allSettled([
      this.load?.stop(),
      this.bareStarted?.then(bare => bare.stop()),
      this.larderStarted?.then(larder => larder.stop()),
    ]);
    await rm(this.folder, { recursive: true, force: true });
  }

  private async startBare(): Promise<BareProcess> {
    const folder = this.path('bare');
    await mkdir(folder, { recursive: true });
    return BareProcess.start(folder);
  }
}
