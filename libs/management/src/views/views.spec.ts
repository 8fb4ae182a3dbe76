import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { everythingReadable, type ReadFilter } from '#access';
import { createTestDatabase, type TestDatabase } from '#testing';
import { PackageViews } from './package-views.js';
import { SearchViews } from './search-views.js';
import { VersionViews } from './version-views.js';

const digestA = `sha256:${'a'.repeat(64)}`;
const digestB = `sha256:${'b'.repeat(64)}`;

let test: TestDatabase;
let packages: PackageViews;
let versions: VersionViews;
let searches: SearchViews;
const ids: Record<string, string> = {};

beforeAll(async () => {
  test = await createTestDatabase();
  packages = new PackageViews(test.database);
  versions = new VersionViews(test.database);
  searches = new SearchViews(test.database);
  await fill();
});
afterAll(() => test.stop());

async function insert(sql: string, ...values: unknown[]): Promise<string> {
  const [row] = await test.database.query<{ id: string }>(`${sql} returning id`, values);
  return row!.id;
}

/** Two repositories with one package of the same bytes each, and one emptied package. */
async function fill(): Promise<void> {
  const blobs = {
    a: await insert(`insert into blob (digest, size_bytes, sha1) values ($1, 10, $2)`, digestA, '1'.repeat(40)),
    b: await insert(`insert into blob (digest, size_bytes) values ($1, 5)`, digestB),
  };
  for (const repository of ['images', 'secret']) await fillRepository(repository, blobs);
}

async function fillRepository(repository: string, blobs: { a: string; b: string }): Promise<void> {
  const repositoryId = await insert(
    `insert into repository (name, format, kind, created_by) values ($1, 'oci', 'hosted', 'x')`,
    repository,
  );
  const app = await addPackage(repositoryId, 'team/app', 2);
  const empty = await addPackage(repositoryId, 'team/empty', 0);
  const [first, second, removed] = [
    await addVersion(app, '1.0.0'),
    await addVersion(app, '2.0.0'),
    await addVersion(app, '0.9.0'),
  ];
  const { database } = test;
  await database.query(`update version set removed_at = now() where id = $1`, [removed]);
  await addFile({ repositoryId, packageId: app, versionId: second }, 'team/app/manifest', blobs.a);
  await addFile({ repositoryId, packageId: app, versionId: null }, 'team/app/layer', blobs.b);
  await database.query(
    `insert into reference (blob_id, digest, relation, package_id, version_id) values ($1, $2, 'layer', $3, $4)`,
    [blobs.b, digestB, app, second],
  );
  await database.query(
    `insert into usage_day (version_id, day, downloads) values ($1, '2026-11-20', 3), ($1, '2026-11-21', 4)`,
    [second],
  );
  await database.query(
    `insert into state_change (package_id, version_id, state, reason, changed_by) values ($1, $2, 'yanked', 'broken', 'bob')`,
    [app, first],
  );
  const made = { app, empty, 1: first, 2: second, removed };
  for (const [name, id] of Object.entries(made)) ids[`${repository}:${name}`] = id;
}

function addPackage(repositoryId: string, name: string, living: number): Promise<string> {
  return insert(
    `insert into package (repository_id, name, display_name, living_files, living_versions) values ($1, $2, $2, $3, $3)`,
    repositoryId,
    name,
    living,
  );
}

function addVersion(packageId: string, text: string): Promise<string> {
  return insert(
    `insert into version (package_id, text, published_by, publisher_id) values ($1, $2, 'alice', 'user:7')`,
    packageId,
    text,
  );
}

function addFile(
  at: { repositoryId: string; packageId: string; versionId: string | null },
  path: string,
  blobId: string,
): Promise<string> {
  return insert(
    `insert into file (repository_id, package_id, version_id, path, blob_id, media_type, published_by, publisher_id)
     values ($1, $2, $3, $4, $5, 'application/octet-stream', 'alice', 'user:7')`,
    at.repositoryId,
    at.packageId,
    at.versionId,
    path,
    blobId,
  );
}

const imagesOnly: ReadFilter = { all: false, rows: [{ repository: 'images', name: '*' }], within: null, scopes: null };
const nothing: ReadFilter = { all: false, rows: [], within: null, scopes: null };
const otherNames: ReadFilter = {
  all: false,
  rows: [{ repository: 'images', name: 'other/*' }],
  within: null,
  scopes: null,
};

async function countPackages(question: object): Promise<number> {
  return (await packages.list({ filter: everythingReadable, limit: 9, ...question })).items.length;
}

async function find(question: object, filter = everythingReadable) {
  return (await searches.search(filter, { limit: 9, ...question })).items;
}

describe('PackageViews', () => {
  it('lists living packages over all repositories, page by page', async () => {
    const first = await packages.list({ filter: everythingReadable, limit: 1 });
    expect(first.items).toMatchObject([{ repository: 'images', name: 'team/app', format: 'oci', versionCount: 2 }]);
    const second = await packages.list({ filter: everythingReadable, limit: 1, cursor: first.nextCursor });
    expect(second.items).toMatchObject([{ repository: 'secret', name: 'team/app' }]);
    expect(second.nextCursor).toBeUndefined();
  });

  it('filters by repository (in any case), name and format', async () => {
    expect(await countPackages({ repository: 'Images' })).toBe(1);
    expect(await countPackages({ name: 'team/app' })).toBe(2);
    expect(await countPackages({ name: 'team' })).toBe(0);
    expect(await countPackages({ format: 'npm' })).toBe(0);
  });

  it('shows nothing of what may not be read', async () => {
    expect((await packages.list({ filter: imagesOnly, limit: 9 })).items.map(item => item.repository)).toEqual([
      'images',
    ]);
    expect((await packages.list({ filter: otherNames, limit: 9 })).items).toEqual([]);
    expect((await packages.list({ filter: nothing, limit: 9 })).items).toEqual([]);
    expect(await packages.find(imagesOnly, ids['secret:app']!)).toBeUndefined();
    expect(await packages.place(imagesOnly, ids['secret:app']!)).toBeUndefined();
  });

  it('knows where an emptied package was, and that it is empty', async () => {
    expect(await packages.find(everythingReadable, ids['images:empty']!)).toBeUndefined();
    expect(await packages.place(everythingReadable, ids['images:empty']!)).toMatchObject({
      repository: 'images',
      living: false,
    });
  });
});

describe('VersionViews', () => {
  it('lists living versions, the newest first, with sizes, downloads and states', async () => {
    const page = await versions.list(everythingReadable, ids['images:app']!, { limit: 9 });
    expect(page.items).toMatchObject([
      { version: '2.0.0', sizeBytes: 15, fileCount: 2, downloads: 7, states: {} },
      {
        version: '1.0.0',
        sizeBytes: 0,
        fileCount: 0,
        downloads: 0,
        states: { yanked: { reason: 'broken', changedBy: 'bob' } },
      },
    ]);
    expect(page.items[1]!.states['yanked']!.since).toMatch(/Z$/);
  });

  it('pages', async () => {
    const first = await versions.list(everythingReadable, ids['images:app']!, { limit: 1 });
    const second = await versions.list(everythingReadable, ids['images:app']!, { limit: 1, cursor: first.nextCursor });
    expect([first.items[0]!.version, second.items[0]!.version, second.nextCursor]).toEqual([
      '2.0.0',
      '1.0.0',
      undefined,
    ]);
  });

  it('hides what may not be read, and the removed, whose place it still knows', async () => {
    expect(await versions.find(imagesOnly, ids['secret:2']!)).toBeUndefined();
    expect(await versions.place(imagesOnly, ids['secret:2']!)).toBeUndefined();
    expect(await versions.find(everythingReadable, ids['images:removed']!)).toBeUndefined();
    expect(await versions.place(everythingReadable, ids['images:removed']!)).toMatchObject({
      text: '0.9.0',
      removed: true,
    });
  });

  it('lists the files of a version and those that it refers to', async () => {
    const first = await versions.files(ids['images:2']!, { limit: 1 });
    expect(first.items).toMatchObject([{ path: 'team/app/layer', digest: digestB, sizeBytes: 5, checksums: {} }]);
    const second = await versions.files(ids['images:2']!, { limit: 1, cursor: first.nextCursor });
    expect(second.items).toMatchObject([
      { path: 'team/app/manifest', digest: digestA, checksums: { sha1: '1'.repeat(40) } },
    ]);
  });
});

describe('SearchViews', () => {
  it('finds packages by a part of the name or a pattern, with the newest version', async () => {
    expect(await find({ name: 'APP', repository: 'images' })).toMatchObject([
      { package: 'team/app', version: '2.0.0', file: null },
    ]);
    expect(await find({ name: 'team/*' })).toHaveLength(2);
    expect(await find({ name: 'app*' })).toEqual([]);
    expect(await find({ name: '100%' })).toEqual([]);
  });

  it('finds living versions by their exact text', async () => {
    expect(await find({ version: '1.0.0' })).toHaveLength(2);
    expect(await find({ version: '1.0.0', name: 'other' })).toEqual([]);
    expect(await find({ version: '0.9.0' })).toEqual([]);
  });

  it('finds files by any digest', async () => {
    expect(await find({ digest: digestA, repository: 'images' })).toMatchObject([
      { version: '2.0.0', file: { path: 'team/app/manifest', sizeBytes: 10 } },
    ]);
    expect(await find({ digest: '1'.repeat(40) })).toHaveLength(2);
    expect(await find({ digest: 'B'.repeat(64), repository: 'images' })).toMatchObject([
      { version: null, file: { path: 'team/app/layer' } },
    ]);
    expect(await find({ digest: 'c'.repeat(64) })).toEqual([]);
  });

  it('finds nothing of what may not be read, by whatever key', async () => {
    for (const question of [{ name: 'team/app' }, { version: '1.0.0' }, { digest: digestA }]) {
      const hits = await find(question, imagesOnly);
      expect(hits.map(hit => hit.repository)).toEqual(['images']);
      expect(await find(question, nothing)).toEqual([]);
    }
  });

  it('pages', async () => {
    const first = await searches.search(everythingReadable, { version: '1.0.0', limit: 1 });
    const second = await searches.search(everythingReadable, { version: '1.0.0', limit: 1, cursor: first.nextCursor });
    expect([first.items[0]!.repository, second.items[0]!.repository, second.nextCursor]).toEqual([
      'secret',
      'images',
      undefined,
    ]);
  });

  it.each([
    [{}, '/name'],
    [{ digest: 'sha1:12' }, '/digest'],
    [{ digest: `md5:${'a'.repeat(40)}` }, '/digest'],
    [{ digest: "' or true" }, '/digest'],
  ])('refuses %j', async (question, pointer) => {
    await expect(find(question)).rejects.toMatchObject({
      code: 'invalid-request',
      details: { errors: [{ in: 'query', pointer }] },
    });
  });
});
