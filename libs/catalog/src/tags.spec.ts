import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '#testing';
import { Packages } from './packages.js';
import { Repositories } from './repositories.js';
import { Tags } from './tags.js';
import { Versions } from './versions.js';

const by = { name: 'ann', id: 'user:1', client: 'spec', requestId: null };
const version = { metadata: {}, fragments: {}, publishedBy: 'ann', publisherId: 'user:1', sealed: true };

describe('Tags', () => {
  let test: TestDatabase;
  let packageId: string;
  const ids: string[] = [];

  beforeAll(async () => {
    test = await createTestDatabase();
    await test.database.transaction(async tx => {
      const repository = await new Repositories(test.database).create(tx, {
        name: 'r',
        format: 'raw',
        kind: 'hosted',
        settings: {},
        createdBy: 'ann',
      });
      packageId = (await new Packages().lockOrCreate(tx, repository.id, 'p', 'p')).id;
      for (const text of ['1', '2', '3']) ids.push((await new Versions().add(tx, packageId, { ...version, text })).id);
    });
  });
  afterAll(() => test.stop());

  it('keeps a history without gaps and without overlaps', async () => {
    const tags = new Tags();
    for (let i = 0; i < 12; i++) {
      await test.database.transaction(tx => tags.move(tx, packageId, 'latest', { versionId: ids[i % 3]!, by }));
    }
    const seams = await test.database.query<{ broken: string }>(
      `select count(*) as broken from (
         select valid_from, lag(valid_to) over (order by valid_from) as before from tag where package_id = $1
       ) as chain where before is not null and before <> valid_from`,
      [packageId],
    );
    expect(seams[0]?.broken).toBe('0');
    const current = await test.database.query<{ n: string }>(
      'select count(*) as n from tag where package_id = $1 and valid_to is null',
      [packageId],
    );
    expect(current[0]?.n).toBe('1');
  });

  it('finds nothing once the tag has ended', async () => {
    const tags = new Tags();
    const held = await test.database.transaction(tx => tags.find(tx, packageId, 'latest'));
    await test.database.transaction(tx => tags.end(tx, [held!.id]));
    expect(await test.database.transaction(tx => tags.find(tx, packageId, 'latest'))).toBeUndefined();
  });
});
