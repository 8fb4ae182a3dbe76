import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode, type Logger } from '#kernel';

const patienceMs = 15_000;

export interface ClusterPlace {
  /** The folder of the cluster. */
  readonly cluster: string;
  /** The folder of its unix socket; nobody else's sockets are in it. */
  readonly socketFolder: string;
  readonly logger: Logger;
}

/**
 * Clears the way for a start after the server was killed. A postmaster that still runs for this cluster is asked to stop and waited for, and so are
 * backends that have outlived theirs: PostgreSQL refuses to start beside them. Lock files that name a process which is gone, or is some other program by
 * now, are removed. The caller holds the data folder's lock, so the leftover belongs to nobody alive.
 */
export async function endLeftover({ cluster, socketFolder, logger }: ClusterPlace): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = await readPid(pidFile);
  if (pid !== undefined && (await isPostmasterOf(pid, cluster))) {
    logger.info({ pid }, 'a PostgreSQL of a killed server still runs; stopping it');
    await stop(pid, 'SIGINT', () => isPostmasterOf(pid, cluster));
  }
  for (const orphan of await orphansOf(cluster)) {
    logger.info({ pid: orphan }, 'a backend of a killed PostgreSQL is still at work; ending it');
    await stop(orphan, 'SIGQUIT', async () => (await orphansOf(cluster)).includes(orphan));
  }
  await rm(pidFile, { force: true });
  await rm(join(socketFolder, '.s.PGSQL.5432.lock'), { force: true });
}

/** Asks with the signal; from a while on with those that cannot be refused. */
async function stop(pid: number, name: NodeJS.Signals, runs: () => Promise<boolean>): Promise<void> {
  signal(pid, name);
  const started = Date.now();
  while (await runs()) {
    const waitedMs = Date.now() - started;
    if (waitedMs > 2 * patienceMs) signal(pid, 'SIGKILL');
    else if (waitedMs > patienceMs) signal(pid, 'SIGQUIT');
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

/** Living backends; the folder that PostgreSQL's processes work in is their cluster. Empty where there is no /proc. */
async function orphansOf(cluster: string): Promise<number[]> {
  const processes = await readdir('/proc').catch(() => []);
  const folder = await realpath(cluster).catch(() => cluster);
  const orphans: number[] = [];
  for (const name of processes) {
    if (!/^\d+$/.test(name)) continue;
    if ((await readlink(`/proc/${name}/cwd`).catch(() => undefined)) !== folder) continue;
    const title = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (title.startsWith('postgres:')) orphans.push(Number(name));
  }
  return orphans;
}

async function readPid(pidFile: string): Promise<number | undefined> {
  try {
    const pid = Number((await readFile(pidFile, 'utf8')).split('\n')[0]);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where there is no /proc a living process of that id is taken for the postmaster. */
async function isPostmasterOf(pid: number, cluster: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
  try {
    const [commandLine, status] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    const zombie = /\) Z /.test(status);
    return !zombie && commandLine.split('\0').includes(cluster);
  } catch (error) {
    return systemCode(error) !== 'ENOENT' ? false : process.platform !== 'linux';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
