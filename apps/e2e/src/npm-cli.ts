import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface NpmRun {
  readonly exitCode: number | null;
  /** Both streams, as a person sees them. */
  readonly output: string;
}

/** What is typed when a prompt appears. */
export interface Typing {
  readonly prompt: string;
  readonly text: string;
}

/**
 * The npm client in a home folder of its own: own cache, own user settings, nothing of the machine's. Each project folder has the
 * `.npmrc` that it is given.
 */
export class NpmCli {
  private constructor(private readonly home: string) {}

  static async create(): Promise<NpmCli> {
    return new NpmCli(await mkdtemp(join(tmpdir(), 'larder-npm-')));
  }

  /** Writes the files of a project and gives its folder. */
  async project(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const folder = join(this.home, name);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    return folder;
  }

  /** `npm <arguments>` in that folder. Prompts are answered in order. */
  run(folder: string, args: readonly string[], typing: readonly Typing[] = []): Promise<NpmRun> {
    return new Promise((resolve, reject) => {
      const child = spawn('npm', [...args], { cwd: folder, env: this.environment(), stdio: ['pipe', 'pipe', 'pipe'] });
      const waiting = [...typing];
      let output = '';
      let seen = 0;
      const hear = (chunk: Buffer) => {
        output += chunk.toString();
        const next = waiting[0];
        const at = next ? output.indexOf(next.prompt, seen) : -1;
        if (!next || at === -1) return;
        seen = at + next.prompt.length;
        waiting.shift();
        child.stdin.write(`${next.text}\n`);
        if (waiting.length === 0) child.stdin.end();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      if (typing.length === 0) child.stdin.end();
      child.on('error', reject);
      child.on('close', exitCode => resolve({ exitCode, output }));
    });
  }

  /** A command line as the server prints it, with the token where it stands for one. */
  shell(folder: string, line: string, token: string): Promise<NpmRun> {
    return new Promise((resolve, reject) => {
      const child = spawn('sh', ['-ec', line], { cwd: folder, env: { ...this.environment(), TOKEN: token } });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.on('error', reject);
      child.on('close', exitCode => resolve({ exitCode, output }));
    });
  }

  async remove(): Promise<void> {
    await rm(this.home, { recursive: true, force: true });
  }

  /** Without what an npm script around us has put in: it would point the client at another registry. */
  private environment(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(?:npm_|NODE_OPTIONS$|CI$|NODE_AUTH)/i.test(name),
    );
    return {
      ...Object.fromEntries(inherited),
      HOME: this.home,
      npm_config_cache: join(this.home, 'cache'),
      npm_config_userconfig: join(this.home, '.npmrc'),
      npm_config_globalconfig: join(this.home, 'global-npmrc'),
      npm_config_update_notifier: 'false',
      npm_config_fund: 'false',
    };
  }
}
