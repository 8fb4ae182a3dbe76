import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FaultPoint } from '#kernel';
import type { Order, OrderDone } from './preload/orders.js';

const repository = fileURLToPath(new URL('../../../../../', import.meta.url));
const readyLine = /Larder is ready at (\S+)/;
const startPatienceMs = 45_000;

export type Preload = 'fault-points' | 'early-acknowledgement' | 'sync-journal';

export interface ProcessOptions {
  readonly dataDir: string;
  /** Modules of the folder `preload` that are loaded before the server. */
  readonly preloads?: readonly Preload[];
  /** Further environment variables; undefined takes one away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The folder that holds `dist` and `node_modules`; default: this checkout. */
  readonly checkout?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export const adminPassword = 'a-password-for-tests';
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach(child => child.kill('SIGKILL')));

/** The real server as a process of its own, started as users start it. */
export class ServerProcess {
  /** Resolves when the process has ended, however it did. */
  readonly ended: Promise<Ended>;
  /** Everything that it has written. */
  output = '';
  private readonly listening: Promise<string>;
  private readonly answers = new Map<number, (value: unknown) => void>();
  private orders = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly options: ProcessOptions,
  ) {
    this.ended = new Promise(resolve => child.once('close', (code, signal) => resolve({ code, signal })));
    void this.ended.then(() => running.delete(child));
    child.on('error', () => undefined);
    child.on('message', (message: OrderDone) => this.answers.get(message.done)?.(message.value));
    this.listening = this.untilReady();
    this.listening.catch(() => undefined);
  }

  /** Starts the process and does not wait for anything. */
  static launch(options: ProcessOptions): ServerProcess {
    const checkout = options.checkout ?? repository;
    const preloads = (options.preloads ?? []).map(name =>
      fileURLToPath(new URL(`./preload/${name}.js`, import.meta.url)),
    );
    const child = spawn(
      process.execPath,
      [...preloads.flatMap(path => ['--import', path]), join(checkout, 'dist/apps/server/src/main.js')],
      { cwd: checkout, env: environmentOf(options), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    running.add(child);
    return new ServerProcess(child, options);
  }

  /** Starts the process and waits until it serves. @throws with its output when it ends before that */
  static async start(options: ProcessOptions): Promise<ServerProcess> {
    const server = ServerProcess.launch(options);
    await server.ready();
    return server;
  }

  get pid(): number {
    return this.child.pid!;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** The address that it prints. @throws with its output when it ends before it is ready */
  ready(): Promise<string> {
    return this.listening;
  }

  killAt(point: FaultPoint, visit = 1): Promise<unknown> {
    return this.order('kill-at', { point, visit });
  }

  /** Gives the process an order that one of its preloads knows, and resolves with the answer. */
  order(order: string, details: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = ++this.orders;
    const answered = new Promise(resolve => this.answers.set(id, resolve));
    this.child.send({ order, id, details } satisfies Order);
    return answered;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** SIGKILL. Resolves when the process is gone; its PostgreSQL is told by the kernel and may need a moment more. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** SIGTERM, and waits for the end. */
  terminate(): Promise<Ended> {
    this.signal('SIGTERM');
    return this.ended;
  }

  /** Id of the running postmaster in the data folder. */
  postmaster(): Promise<number | undefined> {
    return postmasterOf(this.options.dataDir);
  }

  private async untilReady(): Promise<string> {
    const printed = new Promise<string>(resolve => {
      const hear = (text: string): void => {
        this.output += text;
        const url = readyLine.exec(this.output)?.[1];
        if (url !== undefined) resolve(url);
      };
      for (const stream of [this.child.stdout, this.child.stderr]) stream?.setEncoding('utf8').on('data', hear);
    });
    const tooLate = Promise.withResolvers<never>();
    const timer = setTimeout(() => tooLate.reject(this.failure('is not ready in time')), startPatienceMs);
    const gone = this.ended.then(({ code, signal }) => {
      throw this.failure(`ended with ${signal ?? code}`);
    });
    try {
      return await Promise.race([printed, gone, tooLate.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  private failure(what: string): Error {
    return new Error(`the server ${what}; it says:\n${this.output}`);
  }
}

/** The id in the data folder's `postmaster.pid`, undefined when there is none or its process is gone. */
export async function postmasterOf(dataDir: string): Promise<number | undefined> {
  const file = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(file.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.includes(join(dataDir, 'postgres')) ? pid : undefined;
}

function environmentOf(options: ProcessOptions): Record<string, string> {
  const environment: Record<string, string | undefined> = {
    PATH: process.env['PATH'],
    HOME: options.dataDir,
    LARDER_PORT: '0',
    LARDER_DATA_DIR: options.dataDir,
    LARDER_ADMIN_PASSWORD: adminPassword,
    LARDER_LOG_LEVEL: 'warn',
    ...options.environment,
  };
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
