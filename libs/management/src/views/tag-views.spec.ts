import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '#testing';
import { TagViews } from './tag-views.js';

let test: TestDatabase;
let tags: TagViews;
let repositoryId: string;
let packageId: string;
const versionIds: Record<string, string> = {};

beforeAll(async () => {
  test = await createTestDatabase();
  tags = new TagViews(test.database);
  repositoryId = await insert(
    `insert into repository (name, format, kind, created_by) values ('images', 'oci', 'hosted', 'x')`,
  );
  packageId = await insert(
    `insert into package (repository_id, name, display_name) values ($1, 'team/app', 'team/app')`,
    repositoryId,
  );
  for (const version of ['1', '2']) {
    const text = `${version}.0.0`;
    versionIds[version] = await insert(
      `insert into version (package_id, text, published_by, publisher_id) values ($1, $2, 'alice', 'user:7')`,
      packageId,
      text,
    );
  }
});
afterAll(() => test.stop());

async function insert(sql: string, ...values: unknown[]): Promise<string> {
  const [row] = await test.database.query<{ id: string }>(`${sql} returning id`, values);
  return row!.id;
}

function at(minute: number): string {
  return `2026-11-21T10:0${minute}:00.000Z`;
}

async function interval(
  name: string,
  version: string,
  times: { from: string; to: string | null; by?: string },
): Promise<void> {
  await insert(
    `insert into tag (package_id, name, version_id, valid_from, valid_to, moved_by, mover_id, client) values ($1, $2, $3, $4, $5, $6, 'user:7', 'docker/29')`,
    packageId,
    name,
    versionIds[version],
    times.from,
    times.to,
    times.by ?? 'alice',
  );
}

describe('TagViews', () => {
  it('tells each move: set, moved, removed and set again', async () => {
    await interval('latest', '1', { from: at(0), to: at(1) });
    await interval('latest', '2', { from: at(1), to: at(2), by: 'bob' });
    await test.database.query(
      `insert into event (at, principal_id, principal_name, action, repository_id, package, tag, client, request_id)
       values ($1, 'user:9', 'carol', 'tag.remove', $2, 'team/app', 'latest', 'curl/8', 'r9')`,
      [at(2), repositoryId],
    );
    await interval('latest', '1', { from: at(3), to: null });
    const expected = [
      { from: null, to: '1.0.0', at: at(3), by: 'alice' },
      { from: '2.0.0', to: null, at: at(2), by: 'carol', byId: 'user:9', client: 'curl/8', requestId: 'r9' },
      { from: '1.0.0', to: '2.0.0', at: at(1), by: 'bob' },
      { from: null, to: '1.0.0', at: at(0), by: 'alice', byId: 'user:7', client: 'docker/29' },
    ];
    const page = await tags.history(packageId, 'latest', { limit: 9 });
    expect(page.items).toMatchObject(expected);
    let cursor: string | undefined;
    for (const move of expected) {
      const one = await tags.history(packageId, 'latest', { limit: 1, cursor });
      expect(one.items).toMatchObject([move]);
      cursor = one.nextCursor;
    }
    expect(cursor).toBeUndefined();
  });

  it('lists current tags by name and knows the earlier target', async () => {
    await interval('edge', '2', { from: '2026-11-21T10:00:00Z', to: null });
    const first = await tags.list(packageId, { limit: 1 });
    expect(first.items).toMatchObject([{ name: 'edge', version: '2.0.0', movedBy: 'alice' }]);
    expect((await tags.list(packageId, { limit: 1, cursor: first.nextCursor })).items).toMatchObject([
      { name: 'latest', version: '1.0.0' },
    ]);
    expect(await tags.earlierTarget(packageId, 'latest')).toEqual({ version: '2.0.0', removed: false });
    expect(await tags.earlierTarget(packageId, 'edge')).toBeUndefined();
    expect(await tags.find(packageId, 'none')).toBeUndefined();
  });
});
