import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestServer } from '#testing';
import {
  type OciClient,
  descriptorOf,
  digestOf,
  jsonOf,
  manifestOf,
  ociImage,
  ociIndex,
  refusalOf,
  type Descriptor,
  type Image,
} from './oci-client.js';
import { startOci } from './start-oci.js';

const dockerImage = 'application/vnd.docker.distribution.manifest.v2+json';
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';
const name = 'hosted/team/app';

let server: TestServer;
let client: OciClient;
let image: Image;
let blob: Descriptor;

beforeAll(async () => {
  ({ server, client, image } = await startOci());
  blob = await client.pushBlob(name, 'a blob');
  await client.pushBlob('hosted/other', 'in another image');
});
afterAll(() => server.stop());

const elsewhere = { mediaType: 'a/b', digest: digestOf('in another image'), size: 16 };
const nothing = (n: number) => ({ mediaType: 'a/b', digest: digestOf(`nothing ${n}`), size: 9 });
const badManifests: [string, () => string, () => unknown, string][] = [
  ['another digest', () => `sha256:${'0'.repeat(64)}`, () => manifestOf(image), '400 DIGEST_INVALID'],
  ['a bad digest', () => 'sha256:baddigeststring', () => manifestOf(image), '400 DIGEST_INVALID'],
  ['a bad tag', () => 'a+b', () => manifestOf(image), '400 TAG_INVALID'],
  ['no JSON', () => 'x', () => '{', '400 MANIFEST_INVALID'],
  ['nothing', () => 'x', () => '', '400 MANIFEST_INVALID'],
  ['schema 1', () => 'x', () => ({ schemaVersion: 1 }), '400 MANIFEST_INVALID'],
  [
    'a layer that only another image has',
    () => 'x',
    () => manifestOf(image, { layers: [elsewhere] }),
    '400 MANIFEST_BLOB_UNKNOWN',
  ],
  [
    'two missing blobs',
    () => 'x',
    () => manifestOf(image, { layers: [nothing(1), nothing(2)] }),
    '400 MANIFEST_BLOB_UNKNOWN MANIFEST_BLOB_UNKNOWN',
  ],
  [
    'a missing child',
    () => 'x',
    () => ({ schemaVersion: 2, mediaType: ociIndex, manifests: [descriptorOf(ociImage, nothing(3))] }),
    '400 MANIFEST_BLOB_UNKNOWN',
  ],
  ['a wrong size', () => 'x', () => manifestOf(image, { layers: [{ ...image.layer, size: 1 }] }), '400 SIZE_INVALID'],
  [
    'more than 4 MiB',
    () => 'x',
    () => manifestOf(image, { annotations: { a: 'a'.repeat(4_200_000) } }),
    '413 SIZE_INVALID',
  ],
];

describe('pushing manifests', () => {
  it.each([
    [ociImage, () => manifestOf(image, { annotations: { kind: 'oci' } })],
    [dockerImage, () => manifestOf(image, { mediaType: dockerImage })],
    [ociIndex, () => ({ schemaVersion: 2, mediaType: ociIndex, manifests: [image.descriptor] })],
    [dockerList, () => ({ schemaVersion: 2, mediaType: dockerList, manifests: [image.descriptor] })],
    [ociIndex, () => ({ schemaVersion: 2, mediaType: ociIndex, manifests: [] })],
    [
      ociIndex,
      () => ({
        schemaVersion: 2,
        mediaType: ociIndex,
        manifests: [descriptorOf('application/vnd.buildkit.cacheconfig.v0', blob)],
      }),
    ],
  ])('takes %s and gives the same bytes back', async (mediaType, make) => {
    const bytes = Buffer.from(JSON.stringify(make(), undefined, 1));
    const digest = digestOf(bytes);
    const pushed = await client.pushManifest(name, 'kinds', bytes, mediaType);
    expect(pushed.status).toBe(201);
    expect(pushed.headers).toMatchObject({
      location: `/v2/${name}/manifests/${digest}`,
      'docker-content-digest': digest,
      'content-length': '0',
    });
    const read = await client.get(String(pushed.headers.location));
    expect(read.body).toEqual(bytes);
    expect(read.headers['content-type']).toBe(mediaType);
  });

  it.each(['sha256', 'sha512'] as const)('takes one by its %s digest', async algorithm => {
    const bytes = Buffer.from(JSON.stringify(manifestOf(image, { annotations: { algorithm } })));
    const digest = digestOf(bytes, algorithm);
    const pushed = await client.pushManifest(name, `${digest}?tag=by-${algorithm}&tag=also-${algorithm}`, bytes);
    expect(pushed).toMatchObject({
      status: 201,
      headers: { 'docker-content-digest': digest, 'oci-tag': `by-${algorithm}, also-${algorithm}` },
    });
    const read = await client.send('HEAD', `/v2/${name}/manifests/also-${algorithm}`);
    expect(read).toMatchObject({ status: 200, headers: { 'docker-content-digest': digest } });
  });

  it('writes none of the tags when one is invalid', async () => {
    const bytes = Buffer.from(JSON.stringify(manifestOf(image, { annotations: { tags: 'invalid' } })));
    expect(refusalOf(await client.pushManifest(name, `${digestOf(bytes)}?tag=good-one&tag=.bad`, bytes))).toBe(
      '400 TAG_INVALID',
    );
    expect((await client.get(`/v2/${name}/manifests/good-one`)).status).toBe(404);
  });

  it.each(badManifests)('refuses %s and stores nothing', async (_what, reference, make, refusal) => {
    const document = make();
    const type = typeof document === 'object' && document !== null && 'manifests' in document ? ociIndex : ociImage;
    expect(refusalOf(await client.pushManifest(name, reference(), document, type))).toBe(refusal);
    expect((await client.get(`/v2/${name}/manifests/x`)).status).toBe(404);
  });

  it('takes 3.9 MB', async () => {
    expect(
      (await client.pushManifest(name, 'large', manifestOf(image, { annotations: { a: 'a'.repeat(3_900_000) } })))
        .status,
    ).toBe(201);
  });

  it('takes foreign layers that are not here', async () => {
    const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const pushed = await client.pushManifest(
      name,
      'foreign',
      manifestOf(image, { layers: [{ ...nothing(4), mediaType, urls: ['https://example.com/layer'] }] }),
    );
    expect(pushed.status).toBe(201);
  });

  it('warns of an artifact without a type', async () => {
    const config = descriptorOf('application/vnd.oci.empty.v1+json', await client.pushBlob(name, '{}'));
    const pushed = await client.pushManifest(name, 'untyped', manifestOf(image, { config }));
    expect(pushed).toMatchObject({ status: 201, headers: { warning: expect.stringMatching(/^299 - "/) } });
  });

  it('moves a free tag and keeps what it pointed at', async () => {
    const [one, two] = [await client.pushImage(name, 'moving', 'one'), await client.pushImage(name, 'moving', 'two')];
    expect((await client.get(`/v2/${name}/manifests/moving`)).headers['docker-content-digest']).toBe(two.digest);
    expect((await client.get(`/v2/${name}/manifests/${one.digest}`)).status).toBe(200);
  });

  it.each(['blobs', 'tags', 'a/manifests', 'a/blobs/uploads', 'a/tags/list', 'a--b', 'x'.repeat(200)])(
    'works for an image named %s',
    async odd => {
      const pushed = await client.pushImage(`hosted/${odd}`, '1.0', odd);
      expect((await client.get(`/v2/hosted/${odd}/manifests/1.0`)).body).toEqual(pushed.bytes);
      expect(jsonOf(await client.get(`/v2/hosted/${odd}/tags/list`))).toEqual({ name: `hosted/${odd}`, tags: ['1.0'] });
    },
  );
});
