import type { Bench } from '../bench.js';
import { mebibyte, mebibytes } from '../figures.js';
import type { Measurement } from '../measurement.js';
import { peakMemory, treeMemory } from '../process-memory.js';
import type { Row } from '../table.js';

const image = 'bench/uploads';
const uploads = 50;
const uploadBytes = 64 * mebibyte;
/** Time after a start in which work of the start itself comes to rest. */
const settleMs = 3_000;

const idle: Measurement = {
  title: 'memory of server and database, idle',
  measure: async bench => {
    const larder = await idleLarder(bench);
    const bare = await treeMemory((await bench.bare()).pid);
    const detail = ` (server ${mebibytes(larder.own)})`;
    return {
      ...compared(larder.own + larder.children, bare.own, 300),
      larder: mebibytes(larder.own + larder.children) + detail,
    };
  },
};

const uploading: Measurement = {
  title: 'memory above idle, 50 uploads of 64 MiB at once',
  measure: async bench => {
    const before = await idleLarder(bench);
    const [larder, bare, admin] = [await bench.larder(), await bench.bare(), await bench.admin()];
    const headers = await admin.imageBearer(image);
    const seeds = Array.from({ length: uploads }, () => bench.nextSeed());
    const push = { kind: 'push', headers, sizeBytes: uploadBytes, seeds } as const;
    const peak = await peakMemory(larder.pid, bench.run({ ...push, protocol: 'image', url: admin.imageUrl(image) }));
    const bareBefore = await treeMemory(bare.pid);
    const barePeak = await peakMemory(bare.pid, bench.run({ ...push, protocol: 'plain', url: `${bare.url}/upload` }));
    return compared(peak - before.own - before.children, barePeak - bareBefore.own, 250);
  },
};

export const memory: readonly Measurement[] = [idle, uploading];

/** The memory of a server that has just started: what earlier rows left in its caches is no part of it. */
function idleLarder(bench: Bench): Promise<{ own: number; children: number }> {
  return bench.once('idle memory', async () => {
    const larder = await bench.restartedLarder();
    await new Promise(resolve => setTimeout(resolve, settleMs));
    return treeMemory(larder.pid);
  });
}

function compared(larder: number, bare: number, mostMebibytes: number): Omit<Row, 'what'> {
  return {
    larder: mebibytes(larder),
    bare: mebibytes(bare),
    ratio: (larder / bare).toFixed(1),
    goal: `≤ ${mostMebibytes} MiB`,
    met: larder <= mostMebibytes * mebibyte,
  };
}
