import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { dieNow, onOrder } from './orders.js';

/**
 * Loaded into the server with `--import`: at the n-th visit of a named point from the order on, the process is killed, or held until a file appears. Holding stops the
 * whole process, as SIGSTOP would.
 */
interface Trap {
  readonly point: string;
  remaining: number;
  spring(): void;
}

let trap: Trap | undefined;
const visits = new Map<string, number>();

function visited(point: string): void {
  visits.set(point, (visits.get(point) ?? 0) + 1);
  if (trap?.point !== point) return;
  trap.remaining--;
  if (trap.remaining > 0) return;
  const { spring } = trap;
  trap = undefined;
  spring();
}

/** Writes the file `held` into the folder and waits for the file `go`. */
function holdIn(folder: string): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  writeFileSync(join(folder, 'held'), '');
  while (!existsSync(join(folder, 'go'))) Atomics.wait(cell, 0, 0, 5);
}

if (isMainThread) (globalThis as Record<symbol, unknown>)[Symbol.for('larder.fault-point')] = visited;

onOrder('kill-at', ({ point, visit }) => {
  trap = { point: String(point), remaining: Number(visit), spring: dieNow };
});
onOrder('hold-at', ({ point, folder }) => {
  trap = { point: String(point), remaining: 1, spring: () => holdIn(String(folder)) };
});
onOrder('forget-visits', () => visits.clear());
onOrder('visits', () => Object.fromEntries(visits));
