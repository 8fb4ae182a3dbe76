import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestServer } from '#testing';
import { NpmClient } from './npm-client.js';
import { publishDocument } from './publish-document.js';
import { publish, startNpm, tagsOf } from './start-npm.js';
import { packageTarball } from './tarballs.js';

let server: TestServer;
let client: NpmClient;

beforeAll(async () => {
  ({ server, client } = await startNpm());
});

afterAll(() => server.stop());

describe('publishing', () => {
  it('recomputes digests, file count and size from the bytes', async () => {
    const document = await publish(client, 'counted', '1.0.0');
    const { dist } = (await client.get('/counted/1.0.0')).json as { dist: Record<string, unknown> };
    const announced = document.versions['1.0.0']?.dist as Record<string, unknown>;
    expect(dist).toMatchObject({
      integrity: announced.integrity,
      shasum: announced.shasum,
      fileCount: 1,
      unpackedSize: 36,
    });
  });

  it('sets latest on a first publish under another tag, and leaves it afterwards', async () => {
    await publish(client, 'tagged', '1.0.0', ['next']);
    expect(await tagsOf(client, 'tagged')).toEqual({ latest: '1.0.0', next: '1.0.0' });
    await publish(client, 'tagged', '2.0.0', ['next']);
    expect(await tagsOf(client, 'tagged')).toEqual({ latest: '1.0.0', next: '2.0.0' });
  });

  it('succeeds again for the same bytes and refuses others in the known words', async () => {
    const document = await publish(client, 'once', '1.0.0');
    const again = await client.put('/once', document);
    expect([again.status, again.json.alreadyPublished]).toEqual([200, true]);
    const other = await client.put(
      '/once',
      publishDocument({ name: 'once', version: '1.0.0', files: { 'a.js': 'other' } }),
    );
    expect(other.status).toBe(403);
    expect(other.json.error).toEqual(
      expect.stringMatching(/^You cannot publish over the previously published versions: 1\.0\.0\./),
    );
  });

  it('takes two versions at the same time', async () => {
    const documents = ['1.0.0', '1.0.1', '1.0.2'].map(version => publishDocument({ name: 'parallel', version }));
    const answers = await Promise.all(documents.map(document => client.put('/parallel', document)));
    expect(answers.map(answer => answer.status)).toEqual([201, 201, 201]);
    expect(Object.keys((await client.get('/parallel')).json.versions as object)).toEqual(['1.0.0', '1.0.1', '1.0.2']);
  });

  it('lets exactly one of two different publishes of a version win', async () => {
    const documents = ['a', 'b'].map(text =>
      publishDocument({ name: 'race', version: '1.0.0', files: { 'x.js': text } }),
    );
    const answers = await Promise.all(documents.map(document => client.put('/race', document)));
    expect(answers.map(answer => answer.status).toSorted()).toEqual([201, 403]);
  });

  it('takes the manifest from the tarball', async () => {
    const tarball = packageTarball({ name: 'honest', version: '1.0.0', dependencies: { real: '1' } });
    const document = publishDocument({
      name: 'honest',
      version: '1.0.0',
      tarball,
      packageJson: { scripts: { install: 'evil' } },
    });
    expect((await client.put('/honest', document)).status).toBe(201);
    const { json } = await client.get('/honest/1.0.0');
    expect(json).toMatchObject({ dependencies: { real: '1' }, _npmVersion: '11.19.1' });
    expect(json.scripts).toBeUndefined();
  });

  it('takes a version that the client has cleaned, and text that no database likes', async () => {
    const tarball = packageTarball({ name: 'cleaned', version: 'v1.0.0+build', description: 'a\u0000b\ud800' });
    expect((await client.put('/cleaned', publishDocument({ name: 'cleaned', version: '1.0.0', tarball }))).status).toBe(
      201,
    );
    expect((await client.get('/cleaned')).json.description).toBe('ab\ufffd');
  });
});
