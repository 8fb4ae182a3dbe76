import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Bench } from '../bench.js';
import { inTurns, mebibyte, mebibytesPerSecond, type Comparison, type Pair } from '../figures.js';
import { bigBody, bigBodyDigest } from '../load/big-body.js';
import type { Measurement } from '../measurement.js';
import type { Row } from '../table.js';

const image = 'bench/layers';
const blobBytes = 256 * mebibyte;
const rounds = 5;

export const bigBlobs: readonly Measurement[] = [
  { title: 'blob pull, 256 MiB', measure: async bench => compared(await comparePull(bench), 0.7) },
  { title: 'blob push, 256 MiB', measure: async bench => compared(await comparePush(bench), 0.6) },
];

async function comparePull(bench: Bench): Promise<Comparison> {
  const [admin, bare] = [await bench.admin(), await bench.bare()];
  const headers = await admin.imageBearer(image);
  const seed = bench.nextSeed();
  // The load process has a filling of its own, so the blob is sent from here.
  const digest = bigBodyDigest(seed, blobBytes);
  const file = bench.path('blob');
  await writeFile(file, bigBody(seed, blobBytes));
  await pushFile(`${admin.imageUrl(image)}/blobs/uploads/?digest=${digest}`, headers, file);
  await bare.prepare({
    kind: 'file',
    path: '/blob',
    file,
    headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': String(blobBytes), ETag: `"${digest}"` },
  });
  const urls = { larder: `${admin.imageUrl(image)}/blobs/${digest}`, bare: `${bare.url}/blob` };
  const pull = async (server: keyof Pair): Promise<number> =>
    (await bench.run({ kind: 'pull', url: urls[server], headers })).perSecond;
  for (const server of ['larder', 'bare'] as const) await pull(server);
  return inTurns(rounds, pull);
}

async function comparePush(bench: Bench): Promise<Comparison> {
  const [admin, bare] = [await bench.admin(), await bench.bare()];
  const headers = await admin.imageBearer(image);
  const urls = { larder: admin.imageUrl(image), bare: `${bare.url}/push` };
  return inTurns(rounds, async server => {
    const protocol = server === 'larder' ? 'image' : 'plain';
    const job = {
      kind: 'push',
      protocol,
      url: urls[server],
      headers,
      sizeBytes: blobBytes,
      seeds: [bench.nextSeed()],
    } as const;
    return (await bench.run(job)).perSecond;
  });
}

function compared({ larder, bare, ratio }: Comparison, least: number): Omit<Row, 'what'> {
  return {
    larder: mebibytesPerSecond(larder),
    bare: mebibytesPerSecond(bare),
    ratio: ratio.toFixed(2),
    goal: `≥ ${least.toFixed(2)}`,
    met: ratio >= least,
  };
}

async function pushFile(url: string, headers: Readonly<Record<string, string>>, file: string): Promise<void> {
  const outgoing = request(url, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/octet-stream', 'Content-Length': String(blobBytes) },
  });
  const [[response]] = (await Promise.all([
    once(outgoing, 'response'),
    pipeline(createReadStream(file), outgoing),
  ])) as [[IncomingMessage], void];
  if (response.statusCode !== 201) throw new Error(`the blob was answered ${response.statusCode}`);
  response.resume();
}
