import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type Ran } from './run.js';

/**
 * A docker daemon of its own with an empty store, and the client that talks to it. Needs root, no network and no firewall: nothing is run in it, images are
 * only built from scratch, pushed and pulled. Plain http is allowed for loopback addresses.
 */
export class DockerDaemon {
  private constructor(
    readonly folder: string,
    private readonly daemon: ChildProcess,
  ) {}

  static async start(): Promise<DockerDaemon> {
    const folder = await mkdtemp(join(tmpdir(), 'docker-'));
    await mkdir(join(folder, 'config'));
    const daemon = spawn(
      'dockerd',
      [
        `--data-root=${join(folder, 'data')}`,
        `--exec-root=${join(folder, 'exec')}`,
        `--pidfile=${join(folder, 'pid')}`,
        `--host=${socketOf(folder)}`,
        '--iptables=false',
        '--bridge=none',
        '--log-level=warn',
      ],
      { stdio: 'ignore' },
    );
    const started = new DockerDaemon(folder, daemon);
    try {
      await started.ready();
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  /** Runs the docker client; output is what a user would see. */
  docker(args: readonly string[], options: { input?: string; folder?: string } = {}): Promise<Ran> {
    const environment = {
      DOCKER_HOST: socketOf(this.folder),
      DOCKER_CONFIG: join(this.folder, 'config'),
      DOCKER_BUILDKIT: '0',
      DOCKER_CLI_HINTS: 'false',
    };
    return run('docker', args, { environment, ...options });
  }

  /** Like `docker`, for commands that must succeed; gives the standard output. */
  async succeed(args: readonly string[], options: { input?: string; folder?: string } = {}): Promise<string> {
    const ran = await this.docker(args, options);
    if (ran.code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${ran.code}:\n${ran.output}`);
    return ran.stdout.trim();
  }

  async stop(): Promise<void> {
    if (this.daemon.exitCode === null) {
      const ended = new Promise(resolve => this.daemon.once('exit', resolve));
      this.daemon.kill('SIGTERM');
      await ended;
    }
    await unmountBelow(this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The client waits for the socket itself only a moment, so it is asked until the daemon answers or has ended. */
  private async ready(): Promise<void> {
    const until = Date.now() + 60_000;
    while (Date.now() < until && this.daemon.exitCode === null) {
      if ((await this.docker(['version'])).code === 0) return;
      await new Promise(resolve => setTimeout(resolve, 200));
    }
    throw new Error('the docker daemon did not start; it must run as root');
  }
}

function socketOf(folder: string): string {
  return `unix://${join(folder, 'socket')}`;
}

/** A daemon that was ended early may leave its layers mounted. */
async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map(line => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter(path => path.startsWith(`${folder}/`)).toReversed())
    await run('umount', ['-l', mount]);
}
