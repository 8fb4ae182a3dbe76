import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { faultPoints, type FaultPoint } from '#kernel';
import { formats } from '#server';
import { createBareTestDatabase } from '#testing';
import { Site } from './ledger/site.js';
import type { Publication } from './ledger/write.js';

const staged: readonly FaultPoint[] = ['blob.staging-created', 'blob.staging-written', 'blob.staging-synced'];
const stored: readonly FaultPoint[] = ['blob.pinned', 'blob.linked', 'blob.stored'];
const committing: readonly FaultPoint[] = ['publish.before-commit', 'publish.after-commit'];
const released: readonly FaultPoint[] = ['publish.before-transaction', ...committing];
const changed: readonly FaultPoint[] = ['change.before-commit', 'change.after-commit'];
const uploaded: readonly FaultPoint[] = ['upload.appended', 'upload.recorded'];

interface Step {
  readonly what: string;
  readonly points: readonly FaultPoint[];
  /** A publish passes a point several times; which of them is meant. */
  readonly visit: number;
}

/** These run with a PostgreSQL of their own instead of the embedded one. */
const withOwnDatabase = new Set(['npm', 'maven', 'pypi']);

/** Every point that each format's publish passes. */
const steps: Readonly<Record<string, readonly Step[]>> = {
  raw: [
    { what: 'a new file', points: [...staged, ...stored, ...released], visit: 1 },
    { what: 'a file in the place of another', points: committing, visit: 2 },
    { what: 'the removal of a file', points: changed, visit: 1 },
  ],
  npm: [{ what: 'a package', points: [...staged, ...stored, ...released], visit: 1 }],
  maven: [
    { what: 'the jar', points: [...staged, ...stored, ...released], visit: 1 },
    { what: 'the POM', points: committing, visit: 2 },
    { what: 'the metadata that closes the version', points: changed, visit: 1 },
  ],
  pypi: [
    { what: 'the wheel', points: [...staged, ...stored, ...released], visit: 1 },
    { what: 'the metadata beside the wheel', points: ['blob.staging-created', 'blob.pinned', 'blob.stored'], visit: 2 },
  ],
  oci: [
    { what: 'the first chunk of a layer', points: uploaded, visit: 1 },
    { what: 'the second chunk of a layer', points: ['upload.appended'], visit: 2 },
    { what: 'the layer', points: [...stored, ...released], visit: 1 },
    { what: 'the config', points: staged, visit: 1 },
    { what: 'the config', points: committing, visit: 2 },
    { what: 'the manifest under a new tag', points: [...stored, ...released], visit: 3 },
    { what: 'the manifest under a tag that moves', points: committing, visit: 4 },
  ],
};

describe.each(formats.map(format => format.name))('A server that is killed during a %s publish', format => {
  const cases = steps[format]!.flatMap(({ what, points, visit }) => points.map(point => ({ what, point, visit })));
  let site: Site;
  let database: Awaited<ReturnType<typeof createBareTestDatabase>> | undefined;
  let count = 0;
  const nextPublication = (): Publication => {
    count++;
    return { name: `crash-${count % 2}`, version: `1.0.${count}`, seed: `${format} ${count}`, sizeBytes: 20_000 };
  };

  beforeAll(async () => {
    database = withOwnDatabase.has(format) ? await createBareTestDatabase() : undefined;
    site = await Site.create({ preloads: ['fault-points'], environment: { LARDER_DATABASE_URL: database?.url } });
    await site.start();
  });
  afterAll(async () => {
    await site.remove();
    await database?.drop();
  });

  it('is killed at every point that the publish passes', async () => {
    await site.server.order('forget-visits');
    expect(await site.publisher.publish(format, nextPublication())).toBe('acknowledged');
    const visits = (await site.server.order('visits')) as Partial<Record<FaultPoint, number>>;
    const points = new Set(cases.map(({ point }) => point));
    expect(faultPoints.filter(point => visits[point] !== undefined)).toEqual(
      faultPoints.filter(point => points.has(point)),
    );
  });

  it.each(cases)(
    'has $what whole or not at all after $point (visit $visit), and takes it again',
    async ({ point, visit }) => {
      await site.ensureRunning();
      await site.server.killAt(point, visit);
      expect(await site.publisher.publish(format, nextPublication())).toBe('unknown');
      expect(await site.server.ended).toMatchObject({ signal: 'SIGKILL' });
      await site.start();
      expect(await site.problems()).toEqual([]);
      expect(await site.publisher.finish()).toEqual(['acknowledged']);
    },
  );

  it('has lost nothing in the end', async () => {
    await site.ensureRunning();
    expect(await site.problems()).toEqual([]);
  });
});

it('The fault points of the kernel are each passed by some publish', () => {
  const passed = new Set(Object.values(steps).flatMap(list => list.flatMap(step => step.points)));
  expect(passed).toEqual(new Set(faultPoints));
});
