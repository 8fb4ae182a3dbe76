import { mkdir } from 'node:fs/promises';
import { BareProcess } from '../bare-process.js';
import type { Bench } from '../bench.js';
import { inTurns, seconds, type Comparison } from '../figures.js';
import { LarderProcess } from '../larder-process.js';
import type { Measurement } from '../measurement.js';
import type { Row } from '../table.js';

const rounds = 3;

/** From the start of the process to its first answer. */
export const starts: readonly Measurement[] = [
  {
    title: 'time to ready, empty data folder',
    measure: async bench => compared(await compareStarts(bench, round => `empty-${round}`), 6),
  },
  { title: 'time to ready, warm', measure: async bench => compared(await compareStarts(bench, () => 'empty-0'), 3) },
];

async function compareStarts(bench: Bench, folderOf: (round: number) => string): Promise<Comparison> {
  // The second measurement finds the folder of the first, or makes it.
  if (folderOf(0) === folderOf(1)) await startLarder(bench.path(folderOf(0)));
  return inTurns(rounds, async (server, round) => {
    if (server === 'larder') return startLarder(bench.path(folderOf(round)));
    const folder = bench.path('bare-start');
    await mkdir(folder, { recursive: true });
    const bare = await BareProcess.start(folder);
    await bare.stop();
    return bare.secondsToReady;
  });
}

async function startLarder(dataDir: string): Promise<number> {
  const server = await LarderProcess.start(dataDir);
  await server.stop();
  return server.secondsToReady;
}

function compared({ larder, bare, ratio }: Comparison, most: number): Omit<Row, 'what'> {
  return {
    larder: seconds(larder),
    bare: seconds(bare),
    ratio: ratio.toFixed(1),
    goal: `≤ ${most.toFixed(1)} s`,
    met: larder <= most,
  };
}
