import { spawn } from 'node:child_process';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  /** Standard output and standard error as they came. */
  readonly output: string;
}

export interface RunOptions {
  readonly folder?: string;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a real client to its end. It sees only this environment, besides the path and a home that is its folder. */
export function run(
  program: string,
  args: readonly string[],
  { folder, input = '', environment = {} }: RunOptions = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...(folder !== undefined && { cwd: folder }),
      env: { PATH: process.env['PATH'], HOME: folder ?? '/nonexistent', ...environment },
    });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', reject);
    child.on('close', code => resolve({ code, stdout, output }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
