import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestServer } from '#testing';
import { NpmClient } from './npm-client.js';
import { publishDocument, type PublishDocument } from './publish-document.js';
import { startNpm } from './start-npm.js';
import { packageTarball, tar, type TarEntry } from './tarballs.js';

let server: TestServer;
let client: NpmClient;

beforeAll(async () => {
  ({ server, client } = await startNpm());
});

afterAll(() => server.stop());

/** Rows of blobs and packages, and files that are still in the staging folder. */
async function stored(): Promise<unknown> {
  const rows = await server.database.query(
    'select (select count(*) from blob) as blobs, (select count(*) from package) as packages',
  );
  return [rows, await readdir(join(server.dataDir, 'uploads'))];
}

function manifestOf(document: PublishDocument): Record<string, unknown> {
  return document.versions['1.0.0']!;
}

function attachmentOf(document: PublishDocument): Record<string, unknown> {
  return Object.values(document._attachments)[0] as Record<string, unknown>;
}

const name = 'bad';
type Change = (document: PublishDocument) => unknown;

function good(): PublishDocument {
  return publishDocument({ name, version: '1.0.0' });
}

function withDist(dist: Record<string, unknown>): Change {
  return document => {
    Object.assign(manifestOf(document).dist as object, dist);
    return document;
  };
}

function withAttachment(change: Record<string, unknown>): Change {
  return document => {
    Object.assign(attachmentOf(document), change);
    return document;
  };
}

function withBytes(tarball: Buffer): Change {
  return () => publishDocument({ name, version: '1.0.0', tarball });
}

function withEntries(...entries: TarEntry[]): Change {
  const own = { name: 'package/package.json', body: JSON.stringify({ name, version: '1.0.0' }) };
  return withBytes(gzipSync(tar([own, ...entries])));
}

describe('a bad publish', () => {
  it.each<[string, number, Change]>([
    ['no object', 400, () => []],
    ['another name', 400, document => ({ ...document, name: 'other' })],
    ['no version', 400, document => ({ ...document, versions: {} })],
    [
      'two versions',
      400,
      document => ({ ...document, versions: { ...document.versions, '2.0.0': manifestOf(document) } }),
    ],
    ['a bad version', 400, document => ({ ...document, versions: { '1.0': manifestOf(document) } })],
    ['a bad tag', 400, document => ({ ...document, 'dist-tags': { '1.x': '1.0.0' } })],
    ['a tag of another version', 400, document => ({ ...document, 'dist-tags': { latest: '9.0.0' } })],
    ['no attachment', 400, document => ({ ...document, versions: undefined, _attachments: {} })],
    ['an attachment without data', 400, withAttachment({ data: 5 })],
    ['bad base64', 400, withAttachment({ data: 'a b!' })],
    ['another length', 400, withAttachment({ length: 1 })],
    ['another sha1', 400, withDist({ shasum: '0'.repeat(40) })],
    ['another sha512', 400, withDist({ integrity: `sha512-${Buffer.alloc(64).toString('base64')}` })],
    ['an integrity of unknown kind', 400, withDist({ integrity: 'md5-AAAA' })],
    ['an empty tarball', 422, withBytes(Buffer.alloc(0))],
    ['a tarball that is none', 422, withBytes(Buffer.from('hello'))],
    ['a cut tarball', 422, withBytes(packageTarball({ name, version: '1.0.0' }).subarray(0, 50))],
    ['another name in the tarball', 422, withBytes(packageTarball({ name: 'other', version: '1.0.0' }))],
    ['another version in the tarball', 422, withBytes(packageTarball({ name, version: '1.0.1' }))],
    ['no package.json', 422, withBytes(gzipSync(tar([{ name: 'package/index.js' }])))],
    ['a path that leaves the root', 422, withEntries({ name: 'package/../../x' })],
    ['a symbolic link', 422, withEntries({ name: 'package/x', type: '2' })],
    ['a bomb', 422, withEntries({ name: 'package/x', body: Buffer.alloc(80 * 1024 * 1024) })],
    ['a private package', 403, withBytes(packageTarball({ name, version: '1.0.0', private: true }))],
  ])('with %s is refused with %i, and nothing is stored', async (_, status, change) => {
    const before = await stored();
    const answer = await client.put('/bad', change(good()));
    expect([answer.status, answer.json.error]).toEqual([status, expect.stringMatching(/./)]);
    expect((await client.get('/bad')).status).toBe(404);
    expect(await stored()).toEqual(before);
  });

  it.each([
    ['no JSON', 'hello'],
    ['an empty body', ''],
    ['a cut document', JSON.stringify(publishDocument({ name, version: '1.0.0' })).slice(0, -20)],
    ['a duplicate key', '{"name":"bad","versions":{},"versions":{}}'],
  ])('with %s is refused with 400', async (_, body) => {
    const answer = await client.send('PUT', '/bad', { body });
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringMatching(/./)]);
  });

  it.each([
    ['/Upper', 'Upper'],
    ['/fs', 'fs'],
    ['/node_modules', 'node_modules'],
    ['/a~b', 'a~b'],
  ])('of %s is refused by its name', async (path, badName) => {
    const answer = await client.put(path, publishDocument({ name: badName, version: '1.0.0' }));
    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_NAME']);
  });

  it('that is too large is refused, by its announced and by its real size', async () => {
    await server.createRepository('small', 'npm', { maxTarballBytes: 200 });
    const small = new NpmClient(`${server.url}/repository/small`, `Bearer ${server.admin.token}`);
    const document = publishDocument({ name, version: '1.0.0', files: { noise: randomBytes(1000).toString('hex') } });
    const answer = await small.put('/bad', document);
    expect([answer.status, answer.json.error]).toEqual([413, expect.stringMatching(/limit/)]);
    const announced = await small.put('/bad', { padding: 'x'.repeat(6 * 1024 * 1024) });
    expect([announced.status, announced.json.error]).toEqual([413, expect.stringMatching(/limit/)]);
  });

  it('needs the right to publish, which is asked before the body', async () => {
    const reader = await server.createUser('only-reader', [{ role: 'reader', repository: 'packages' }]);
    const refused = await new NpmClient(client.base, `Bearer ${reader.token}`).put('/bad', good());
    expect([refused.status, refused.json.error]).toEqual([403, expect.stringMatching(/publish/)]);
    expect((await new NpmClient(client.base).put('/bad', good())).status).toBe(401);
  });
});
