import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { LarderError, systemCode } from '#kernel';

/** The data folder, held by this process alone. */
export interface DataFolder {
  readonly path: string;
  release(): Promise<void>;
}

/**
 * Makes the folder (0700) and takes its lock: a file with our process id and the time that process started, put in place by a link, which is atomic. A lock whose
 * process is gone, or is another one that got the same id, is stale and is taken over; who looks at the lock does so in turn.
 * @throws conflict when another server uses the folder; unavailable when it cannot be made
 */
export async function takeDataFolder(path: string): Promise<DataFolder> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new LarderError(
      'unavailable',
      `The data folder ${path} cannot be made (${systemCode(cause) ?? 'unknown'}); set LARDER_DATA_DIR to a folder that Larder may write.`,
      { cause },
    );
  }
  const lock = join(path, 'lock');
  const mine = `${process.pid} ${(await startTimeOf(process.pid)) ?? 'unknown'} ${randomBytes(8).toString('hex')}\n`;
  return inTurn(path, async () => {
    await removeIfStale(lock, path);
    if (!(await place(lock, mine))) throw inUse(path, undefined);
    return { path, release: () => release(lock, mine) };
  });
}

async function place(lock: string, content: string): Promise<boolean> {
  const own = `${lock}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(own, content, { mode: 0o600, flag: 'wx' });
  try {
    await link(own, lock);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** @throws conflict when its process is alive */
async function removeIfStale(lock: string, folder: string): Promise<void> {
  const content = await read(lock);
  if (content === undefined) return;
  if (await isHeld(content)) throw inUse(folder, content.split(' ')[0]);
  await rm(lock, { force: true });
}

async function isHeld(content: string): Promise<boolean> {
  const [pid = '', started = ''] = content.trim().split(' ');
  const now = await startTimeOf(Number(pid));
  return now !== undefined && (now === started || started === 'unknown' || now === 'unknown');
}

/** When a process started, in clock ticks since boot; `unknown` where there is no /proc; undefined when there is no such process. */
async function startTimeOf(pid: number): Promise<string | undefined> {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may contain blanks; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    if (process.platform === 'linux') return undefined;
  }
  try {
    process.kill(pid, 0);
    return 'unknown';
  } catch (error) {
    return systemCode(error) === 'EPERM' ? 'unknown' : undefined;
  }
}

async function release(lock: string, mine: string): Promise<void> {
  if ((await read(lock)) === mine) await rm(lock, { force: true });
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function inUse(folder: string, pid: string | undefined): LarderError {
  const who = pid === undefined ? 'Another Larder server' : `Another Larder server (process ${pid})`;
  return new LarderError(
    'conflict',
    `${who} is using the data folder ${folder}. Stop it first, or give this one a folder of its own with LARDER_DATA_DIR.`,
  );
}

const turnRetryMs = 20;
const longestWaitMs = 10_000;

/**
 * Runs `work` while nobody else on this machine does for the same folder: finding a lock stale, removing it and placing another are three steps, between which a second starter could
 * place its own. The turn is a socket name without a file, which the kernel gives to one process and takes back when that ends, however it ends. Other systems than Linux lack such
 * names; there the link alone decides.
 */
async function inTurn<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (process.platform !== 'linux') return work();
  const { dev, ino } = await stat(folder);
  const deadline = Date.now() + longestWaitMs;
  let turn = await takeName(`\0larder-data-folder-${dev}-${ino}`);
  while (turn === undefined && Date.now() < deadline) {
    await new Promise(resolve => setTimeout(resolve, turnRetryMs));
    turn = await takeName(`\0larder-data-folder-${dev}-${ino}`);
  }
  try {
    return await work();
  } finally {
    turn?.close();
  }
}

function takeName(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', error => (systemCode(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(name, () => resolve(server));
  });
}
