import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode, type Logger } from '#kernel';

const patienceMs = 15_000;

/**
 * Clears the way for a start after the server was killed. A postmaster that still runs for this cluster is asked to stop and waited for; a
 * `postmaster.pid` that names a process which is gone, or is some other program by now, is removed. The caller holds the data folder's lock, so
 * the leftover belongs to nobody alive.
 */
export async function endLeftover(cluster: string, logger: Logger): Promise<void> {
  const pidFile = join(cluster, 'postmaster.pid');
  const pid = await readPid(pidFile);
  if (pid === undefined) return;
  if (!(await isPostmasterOf(pid, cluster))) {
    await rm(pidFile, { force: true });
    return;
  }
  logger.info({ pid }, 'a PostgreSQL of a killed server still runs; stopping it');
  signal(pid, 'SIGINT');
  const started = Date.now();
  while (await isPostmasterOf(pid, cluster)) {
    if (Date.now() - started > patienceMs) signal(pid, 'SIGQUIT');
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  await rm(pidFile, { force: true });
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
    const [commandLine, status] = await Promise.all([readFile(`/proc/${pid}/cmdline`, 'utf8'), readFile(`/proc/${pid}/stat`, 'utf8')]);
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
