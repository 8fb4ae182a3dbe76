import type { Bench } from '../bench.js';
import { inTurns, perSecond, type Comparison, type Pair } from '../figures.js';
import type { Measurement } from '../measurement.js';
import { rawAnswer } from '../raw-answer.js';
import { bigPackage, requireBigPackage, requireSmallPackage, smallPackage } from './packages.js';
import { image, requireImage, tag } from './images.js';

interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Read {
  readonly title: string;
  readonly goal?: number;
  /** Publishes what is read. */
  prepare(bench: Bench): Promise<Target>;
}

const abbreviated = 'application/vnd.npm.install-v1+json';
const rounds = 5;
export const smallTitle = 'packument, small, hot';
export const bigTitle = 'packument, 1,000 versions, gzip';
const goal = 0.3;

const reads: readonly Read[] = [
  { title: smallTitle, goal, prepare: bench => packument(bench, smallPackage, abbreviated) },
  { title: bigTitle, goal, prepare: bench => packument(bench, bigPackage, 'application/json') },
  { title: `${bigTitle}, abbreviated`, goal, prepare: bench => packument(bench, bigPackage, abbreviated) },
  { title: 'tarball, 20 kB', prepare: tarball },
  { title: 'image manifest by tag', goal, prepare: manifest },
];

export const smallReads: readonly Measurement[] = reads.map(read => ({
  title: read.title,
  measure: async bench => {
    const { pair, bytes } = await compare(bench, read);
    bench.figures.set(read.title, { larder: pair.larder * bytes, bare: pair.bare * bytes });
    const { ratio } = pair;
    return {
      larder: perSecond(pair.larder),
      bare: perSecond(pair.bare),
      ratio: ratio.toFixed(2),
      goal: read.goal === undefined ? '' : `≥ ${read.goal.toFixed(2)}`,
      met: read.goal === undefined ? undefined : ratio >= read.goal,
    };
  },
}));

/** The bare server answers with the very headers and bytes that Larder has sent. */
async function compare(bench: Bench, read: Read): Promise<{ pair: Comparison; bytes: number }> {
  const larder = await read.prepare(bench);
  const headers = { 'Accept-Encoding': 'gzip', ...larder.headers };
  const answer = await rawAnswer(larder.url, headers);
  const bare = await bench.bare();
  await bare.prepare({ kind: 'bytes', path: '/read', ...answer });
  const urls = { larder: larder.url, bare: `${bare.url}/read` };
  const load = async (server: keyof Pair, seconds: number): Promise<number> =>
    (await bench.run({ kind: 'requests', url: urls[server], headers, seconds })).perSecond;
  for (const server of ['larder', 'bare'] as const) await load(server, 1);
  return { pair: await inTurns(rounds, server => load(server, bench.seconds)), bytes: answer.body.length };
}

async function packument(bench: Bench, name: string, accept: string): Promise<Target> {
  const admin = await bench.admin();
  await (name === bigPackage ? requireBigPackage(bench) : requireSmallPackage(bench));
  return { url: admin.npmUrl + name, headers: { ...admin.bearer, Accept: accept } };
}

async function tarball(bench: Bench): Promise<Target> {
  const admin = await bench.admin();
  await requireSmallPackage(bench);
  return { url: `${admin.npmUrl}${smallPackage}/-/${smallPackage}-1.0.0.tgz`, headers: admin.bearer };
}

async function manifest(bench: Bench): Promise<Target> {
  await requireImage(bench);
  const admin = await bench.admin();
  return { url: `${admin.imageUrl(image)}/manifests/${tag}`, headers: await admin.imageBearer(image) };
}
