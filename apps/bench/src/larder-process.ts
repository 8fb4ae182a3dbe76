import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../server/src/main.js', import.meta.url));
const readyLine = /Larder is ready at (http:\S+)/;
export const adminPassword = 'a-password-for-the-bench';
const startTimeoutMs = 60_000;

/** The real server as a child process, with its embedded PostgreSQL. */
export class LarderProcess {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
    readonly secondsToReady: number,
  ) {}

  /** Starts on a data folder and resolves when the server has answered its first request. */
  static async start(dataDir: string): Promise<LarderProcess> {
    const startedAt = performance.now();
    const child = spawn(process.execPath, [main], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...withoutSettings(process.env),
        LARDER_PORT: '0',
        LARDER_DATA_DIR: dataDir,
        LARDER_ADMIN_PASSWORD: adminPassword,
        LARDER_LOG_LEVEL: 'warn',
      },
    });
    try {
      const url = await readyUrl(child);
      await requireOk(await fetch(`${url}/healthz`));
      return new LarderProcess(child, url, (performance.now() - startedAt) / 1000);
    } catch (error) {
      child.kill('SIGTERM');
      throw error;
    }
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Waits for PostgreSQL as well: the server stops it last. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await gone;
  }
}

/** @throws Error with the body when the status is not 2xx */
export async function requireOk(response: Response): Promise<Response> {
  if (!response.ok)
    throw new Error(`${response.url} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
  return response;
}

/** Settings of the shell that starts the benchmark must not change what is measured. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('LARDER_')));
}

async function readyUrl(child: ChildProcess): Promise<string> {
  const deadline = AbortSignal.timeout(startTimeoutMs);
  const ended = once(child, 'exit', { signal: deadline }).then(([code]) => {
    throw new Error(`the server ended with ${String(code)} before it was ready`);
  });
  ended.catch(() => undefined);
  const announced = (async () => {
    let output = '';
    for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
      output += String(chunk);
      const url = readyLine.exec(output)?.[1];
      if (url !== undefined) return url;
    }
    throw new Error('the server closed its output before it was ready');
  })();
  const url = await Promise.race([announced, ended]);
  // Whatever it says later must not fill the pipe.
  child.stdout!.resume();
  return url;
}
