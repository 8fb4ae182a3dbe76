import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestServer } from '#testing';
import { OciClient, digestOf, manifestOf, ociIndex, refusalOf, type Image } from './oci-client.js';
import { startOci } from './start-oci.js';

const name = 'hosted/team/app';

let server: TestServer;
let client: OciClient;
let image: Image;

beforeAll(async () => {
  ({ server, client, image } = await startOci());
});
afterAll(() => server.stop());

describe('removing', () => {
  it('a tag leaves its manifest', async () => {
    const { digest } = await client.pushImage('hosted/removing', 'gone', 'tag');
    expect(await client.send('DELETE', '/v2/hosted/removing/manifests/gone')).toMatchObject({ status: 202 });
    expect(refusalOf(await client.get('/v2/hosted/removing/manifests/gone'))).toBe('404 MANIFEST_UNKNOWN');
    expect((await client.get(`/v2/hosted/removing/manifests/${digest}`)).status).toBe(200);
    expect(refusalOf(await client.send('DELETE', '/v2/hosted/removing/manifests/gone'))).toBe('404 MANIFEST_UNKNOWN');
  });

  it('a manifest takes its tags along, and it can be pushed again', async () => {
    const { digest } = await client.pushImage('hosted/removing', 'one', 'manifest');
    await client.pushImage('hosted/removing', 'two', 'manifest');
    expect((await client.send('DELETE', `/v2/hosted/removing/manifests/${digest}`)).status).toBe(202);
    for (const reference of ['one', 'two', digest])
      expect((await client.get(`/v2/hosted/removing/manifests/${reference}`)).status).toBe(404);
    await client.pushImage('hosted/removing', 'one', 'manifest');
    expect((await client.get('/v2/hosted/removing/manifests/one')).headers['docker-content-digest']).toBe(digest);
  });

  it('is refused for what an index or a manifest still needs', async () => {
    const child = await client.pushImage('hosted/family', undefined, 'child');
    const index = { schemaVersion: 2, mediaType: ociIndex, manifests: [child.descriptor] };
    const digest = String(
      (await client.pushManifest('hosted/family', 'index', index, ociIndex)).headers['docker-content-digest'],
    );
    const remove = async (path: string) => client.send('DELETE', `/v2/hosted/family/${path}`);
    expect(refusalOf(await remove(`manifests/${child.digest}`))).toBe('409 DENIED');
    expect(refusalOf(await remove(`blobs/${child.layer.digest}`))).toBe('409 DENIED');
    for (const path of [
      `manifests/${digest}`,
      `manifests/${child.digest}`,
      `blobs/${child.layer.digest}`,
      `blobs/${child.config.digest}`,
    ]) {
      expect((await remove(path)).status).toBe(202);
    }
    expect(refusalOf(await remove(`blobs/${child.layer.digest}`))).toBe('404 BLOB_UNKNOWN');
    expect(refusalOf(await client.get(`/v2/hosted/family/blobs/${child.layer.digest}`))).toBe('404 BLOB_UNKNOWN');
  });

  it('a blob while an image is pushed leaves either both or neither', async () => {
    for (let round = 0; round < 10; round++) {
      const layer = await client.pushBlob('hosted/racing', `layer ${round}`);
      const config = await client.pushBlob('hosted/racing', `{"round":${round}}`);
      const [pushed, removed] = await Promise.all([
        client.pushManifest('hosted/racing', `r${round}`, manifestOf(image, { config, layers: [layer] })),
        client.send('DELETE', `/v2/hosted/racing/blobs/${layer.digest}`),
      ]);
      expect([
        [201, 409],
        [400, 202],
      ]).toContainEqual([pushed.status, removed.status]);
      if (pushed.status === 400) expect(refusalOf(pushed)).toBe('400 MANIFEST_BLOB_UNKNOWN');
    }
  });

  it('a blob pushed as sha512 removes it under both names', async () => {
    const { digest } = await client.pushBlob('hosted/removing', 'of two names', 'sha512');
    expect((await client.send('DELETE', `/v2/hosted/removing/blobs/${digest}`)).status).toBe(202);
    for (const alias of [digest, digestOf('of two names')])
      expect((await client.get(`/v2/hosted/removing/blobs/${alias}`)).status).toBe(404);
  });

  it('needs the right to delete', async () => {
    const publisher = await server.createUser('pusher', [{ role: 'publisher', repository: 'hosted' }]);
    const theirs = OciClient.basic(server.url, publisher);
    expect(refusalOf(await theirs.send('DELETE', `/v2/${name}/manifests/${image.digest}`))).toBe('403 DENIED');
  });
});
