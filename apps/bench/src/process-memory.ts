import { readdir, readFile } from 'node:fs/promises';

/** Proportional set sizes in bytes: memory that several processes share counts once, whatever their number. */
export interface TreeMemory {
  /** Of the process itself. */
  readonly own: number;
  /** Of everything that it started: for a Larder server its PostgreSQL. */
  readonly children: number;
}

/** Reads the memory of a process and its descendants from `/proc` (Linux only; may need the rights of their owner). */
export async function treeMemory(pid: number): Promise<TreeMemory> {
  const below = descendants(pid, await parents());
  const sizes = await Promise.all(below.map(proportionalSize));
  return { own: await proportionalSize(pid), children: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Takes the highest sum until the work is done. */
export async function peakMemory(pid: number, work: Promise<unknown>): Promise<number> {
  const ended = new AbortController();
  const done = work.finally(() => ended.abort());
  // The failure of the work is reported by the last await; until then it must not count as unhandled.
  done.catch(() => undefined);
  let peak = 0;
  while (!ended.signal.aborted) {
    const { own, children } = await treeMemory(pid);
    peak = Math.max(peak, own + children);
    await new Promise(resolve => setTimeout(resolve, samplingMs));
  }
  await done;
  return peak;
}

const samplingMs = 100;

async function proportionalSize(pid: number): Promise<number> {
  // A process may end between the listing and the reading.
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

async function parents(): Promise<Map<number, number>> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number);
  const entries = await Promise.all(pids.map(async pid => [pid, await parentOf(pid)] as const));
  return new Map(entries);
}

async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in brackets and may itself hold spaces and brackets; then come the state and the parent.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

function descendants(pid: number, parentOfEach: ReadonlyMap<number, number>): number[] {
  const children = [...parentOfEach].filter(([, parent]) => parent === pid).map(([child]) => child);
  return children.flatMap(child => [child, ...descendants(child, parentOfEach)]);
}
