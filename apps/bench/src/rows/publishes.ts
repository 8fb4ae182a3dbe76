import type { Bench } from '../bench.js';
import { inTurns, median, milliseconds, perSecond, type Pair } from '../figures.js';
import type { Release } from '../load/jobs.js';
import type { Measurement } from '../measurement.js';
import { bigPackage, manyVersions, packageBytes, requireBigPackage } from './packages.js';

const rounds = 3;
const perRound = 150;
/** A build server publishes its packages side by side. */
const parallel = 8;

const rate: Measurement = {
  title: 'npm publish, 20 kB packages',
  measure: async bench => {
    const [admin, bare] = [await bench.admin(), await bench.bare()];
    const urls = { larder: admin.npmUrl, bare: `${bare.url}/` };
    const publish = async (server: keyof Pair): Promise<number> => {
      const releases = Array.from({ length: perRound }, (): Release => ({
        name: `bench-${bench.nextSeed()}`,
        version: '1.0.0',
      }));
      return (
        await bench.run({
          kind: 'publish',
          url: urls[server],
          headers: admin.bearer,
          releases,
          parallel,
          sizeBytes: packageBytes,
        })
      ).perSecond;
    };
    for (const server of ['larder', 'bare'] as const) await publish(server);
    const pair = await inTurns(rounds, publish);
    const { ratio } = pair;
    return {
      larder: perSecond(pair.larder),
      bare: perSecond(pair.bare),
      ratio: ratio.toFixed(2),
      goal: '',
      met: undefined,
    };
  },
};

const growthRounds = 5;
const releasesPerRound = 20;
/** Single publishes are milliseconds long and a shared machine is noisy; a cost that grew with the number of versions would be far above this. */
const tolerance = 1.1;

const growth: Measurement = {
  title: 'npm publish, version 1,001 against version 2',
  measure: async bench => {
    await requireBigPackage(bench);
    const late: number[] = [];
    const early: number[] = [];
    for (let round = 0; round < growthRounds; round++) {
      const first = manyVersions + round * releasesPerRound;
      late.push(
        await medianOf(
          bench,
          numbers(first).map(number => ({ name: bigPackage, version: `1.${number}.0` })),
        ),
      );
      const names = numbers(0).map(() => `bench-${bench.nextSeed()}`);
      await medianOf(
        bench,
        names.map(name => ({ name, version: '1.0.0' })),
      );
      early.push(
        await medianOf(
          bench,
          names.map(name => ({ name, version: '1.1.0' })),
        ),
      );
    }
    const [lateMs, earlyMs] = [median(late), median(early)];
    const ratio = lateMs / earlyMs;
    return {
      larder: `${milliseconds(lateMs)} against ${milliseconds(earlyMs)}`,
      bare: '',
      ratio: ratio.toFixed(2),
      goal: `≤ ${tolerance.toFixed(2)}`,
      met: ratio <= tolerance,
    };
  },
};

export const publishes: readonly Measurement[] = [rate, growth];

/** One after the other. */
async function medianOf(bench: Bench, releases: readonly Release[]): Promise<number> {
  const admin = await bench.admin();
  return (
    await bench.run({
      kind: 'publish',
      url: admin.npmUrl,
      headers: admin.bearer,
      releases,
      parallel: 1,
      sizeBytes: 1_000,
    })
  ).medianMs;
}

function numbers(first: number): number[] {
  return Array.from({ length: releasesPerRound }, (_, index) => first + index);
}
