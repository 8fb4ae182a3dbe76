import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openFileBlobs } from '#blob';
import { DatabaseBlobLedger } from '#catalog';
import { Database } from '#database';
import { silentLogger } from '#kernel';
import { formats } from '#server';
import { bytesOf } from './ledger/bytes.js';
import { cutPower } from './ledger/power-cut.js';
import type { Skipped } from './ledger/preload/sync-journal.js';
import { protocolOf } from './ledger/protocols/index.js';
import { Site } from './ledger/site.js';
import { randomFrom, Storm } from './ledger/storm.js';
import { sweepWithoutPins, sweepWithPins } from './ledger/sweeper.js';
import type { Publication } from './ledger/write.js';

/** Servers with a fault put in: the ledger must find what they lose, else it proves nothing about the others. */
describe('The ledger, on a server that answers before it commits,', () => {
  let site: Site;
  beforeEach(async () => {
    site = await Site.create({ preloads: ['early-acknowledgement'] });
    await site.start();
  });
  afterEach(() => site.remove());

  it('finds every acknowledged publish that a SIGKILL took', async () => {
    await site.server.order('acknowledge-early', { delaySeconds: 10 });
    const firstWrites = formats.map(({ name }) => {
      const publication: Publication = { name: 'early', version: '1.0.1', seed: name, sizeBytes: 1_000 };
      return protocolOf(name).plan(publication)[0]!;
    });
    const results = await Promise.all(firstWrites.map(write => site.publisher.attempt(write)));
    expect(results).toEqual(formats.map(() => 'acknowledged'));
    await site.kill();
    await site.start();
    const lost = (await site.verify()).filter(({ kind }) => kind === 'lost');
    expect(lost.map(({ text }) => text.split(' ')[0]).toSorted()).toEqual(formats.map(({ name }) => name).toSorted());
  });
});

describe('The ledger, over a simulated power cut,', () => {
  let site: Site;
  let journal: string;
  beforeEach(async () => {
    site = await Site.create({ preloads: ['sync-journal'] });
    journal = join(site.folder, 'synced');
    await site.start({ environment: { TEST_SYNC_JOURNAL: journal } });
  });
  afterEach(() => site.remove());

  const cutDuringStorm = async (storm: Storm, milliseconds: number): Promise<number> => {
    const raging = storm.rage(site);
    await new Promise(resolve => setTimeout(resolve, milliseconds));
    await site.kill('database');
    await raging;
    const lost = await cutPower(site.dataDir, journal);
    await site.start({ environment: { TEST_SYNC_JOURNAL: journal } });
    return lost;
  };

  it('finds nothing amiss with the server as it is', async () => {
    const storm = new Storm({ users: 6, random: randomFrom(1) });
    for (const milliseconds of [700, 1_100, 900]) {
      await cutDuringStorm(storm, milliseconds);
      expect(await site.problems()).toEqual([]);
      const repeated = await site.publisher.finish();
      expect(repeated.filter(result => result !== 'acknowledged')).toEqual([]);
    }
    expect(await site.problems()).toEqual([]);
  });

  it.each<Skipped>(['folders', 'everything'])('finds what is lost by a server that does not sync (%s)', async what => {
    await site.server.order('skip-syncs', { what });
    expect(await cutDuringStorm(new Storm({ users: 6, random: randomFrom(2) }), 2_000)).toBeGreaterThan(0);
    expect((await site.verify()).filter(({ kind }) => kind === 'lost')).not.toEqual([]);
  });
});

describe('The ledger, beside a collector of unreferenced bytes,', () => {
  let site: Site;
  let database: Database;
  beforeEach(async () => {
    site = await Site.create({ preloads: ['fault-points'] });
    await site.start();
    database = await Database.connect({ url: await site.databaseUrl(), logger: silentLogger, poolSize: 2 });
  });
  afterEach(async () => {
    await database.close();
    await site.remove();
  });

  /** The collector runs while a publish stands between its stored bytes and its transaction. */
  const publishAround = async (sweep: () => Promise<number>): Promise<number> => {
    const folder = join(site.folder, 'hold');
    await mkdir(folder);
    await site.server.order('hold-at', { point: 'publish.before-transaction', folder });
    const publishing = site.publisher.publish('npm', {
      name: 'held',
      version: '1.0.1',
      seed: 'held',
      sizeBytes: 5_000,
    });
    await appearance(join(folder, 'held'));
    const removed = await sweep();
    await writeFile(join(folder, 'go'), '');
    expect(await publishing).toBe('acknowledged');
    return removed;
  };

  it('finds what a collector takes that does not look at pins', async () => {
    expect(await publishAround(() => sweepWithoutPins({ database, dataDir: site.dataDir }))).toBe(1);
    await site.kill();
    await site.start();
    const kinds = (await site.verify()).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['lost', 'bytes']));
  });

  it('finds nothing amiss when the collector honours pins', async () => {
    expect(await publishAround(() => sweepWithPins({ database, dataDir: site.dataDir }))).toBe(0);
    expect(await site.problems()).toEqual([]);
  });

  it('finds nothing amiss when bytes are published again while the collector removes them', async () => {
    const storm = new Storm({ users: 6, random: randomFrom(3) });
    const blobs = await openFileBlobs({
      dataDir: site.dataDir,
      ledger: new DatabaseBlobLedger(database),
      logger: silentLogger,
    });
    const leaveBehind = async (numbers: readonly number[]): Promise<void> => {
      for (const number of numbers) {
        const { seed, sizeBytes } = storm.publication(number);
        await blobs.store.store(
          await blobs.store.stage(Readable.from([bytesOf(seed, sizeBytes)]), { limitBytes: Infinity }),
        );
      }
      await database.query(
        `update blob b set pinned_until = now() - interval '1 hour' where not exists (select from reference r where r.blob_id = b.id)`,
      );
    };
    await leaveBehind(Array.from({ length: 60 }, (_, index) => index + 1));
    let removed = 0;
    const raging = storm.rage(site);
    const until = Date.now() + 2_000;
    while (Date.now() < until) removed += await sweepWithPins({ database, dataDir: site.dataDir });
    storm.stop();
    await raging;
    expect(removed).toBeGreaterThan(0);
    expect(await site.problems()).toEqual([]);
  });
});

async function appearance(path: string): Promise<void> {
  const there = () =>
    access(path).then(
      () => true,
      () => false,
    );
  while (!(await there())) await new Promise(resolve => setTimeout(resolve, 5));
}
