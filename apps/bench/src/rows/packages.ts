import type { Bench } from '../bench.js';
import type { Release } from '../load/jobs.js';

export const smallPackage = 'bench-small';
export const bigPackage = 'bench-big';
export const packageBytes = 20_000;
export const manyVersions = 1_000;

/** Publishes a package with one version of 20 kB. */
export function requireSmallPackage(bench: Bench): Promise<void> {
  return bench.once(smallPackage, () =>
    publishVersions(bench, smallPackage, { from: 0, to: 1, sizeBytes: packageBytes }),
  );
}

/** Publishes a package with 1,000 versions. Their contents are small: only their number matters. */
export function requireBigPackage(bench: Bench): Promise<void> {
  return bench.once(bigPackage, () =>
    publishVersions(bench, bigPackage, { from: 0, to: manyVersions, sizeBytes: 1_000 }),
  );
}

async function publishVersions(
  bench: Bench,
  name: string,
  range: { from: number; to: number; sizeBytes: number },
): Promise<void> {
  const admin = await bench.admin();
  const releases: Release[] = [];
  for (let number = range.from; number < range.to; number++) releases.push({ name, version: `1.${number}.0` });
  await bench.run({
    kind: 'publish',
    url: admin.npmUrl,
    headers: admin.bearer,
    releases,
    parallel: 2,
    sizeBytes: range.sizeBytes,
  });
}
