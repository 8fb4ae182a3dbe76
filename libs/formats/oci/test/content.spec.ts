import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { oci } from '#formats/oci';
import {
  OciClient,
  digestOf,
  jsonOf,
  ociImage,
  ociIndex,
  refusalOf,
  type Descriptor,
  type Image,
} from './oci-client.js';

const dockerImage = 'application/vnd.docker.distribution.manifest.v2+json';
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';
const name = 'hosted/team/app';
const content = Buffer.alloc(3000, 'abcdefghij');

let server: TestServer;
let client: OciClient;
let image: Image;
let blob: Descriptor;

beforeAll(async () => {
  server = await startTestServer({ formats: [oci] });
  await server.createRepository('hosted', 'oci');
  client = OciClient.basic(server.url, server.admin);
  image = await client.pushImage(name, 'latest', 'first');
  blob = await client.pushBlob(name, content);
});
afterAll(() => server.stop());

describe('reading blobs', () => {
  it('has every header that clients look for, also for HEAD', async () => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await client.send(method, `/v2/${name}/blobs/${blob.digest}`, {
        headers: { 'Accept-Encoding': 'gzip, zstd' },
      });
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        'content-length': '3000',
        'content-type': 'application/octet-stream',
        'docker-content-digest': blob.digest,
        'accept-ranges': 'bytes',
        etag: `"${blob.digest}"`,
        'docker-distribution-api-version': 'registry/2.0',
      });
      expect(answer.headers).not.toHaveProperty('content-encoding');
      expect(answer.body).toEqual(method === 'GET' ? content : Buffer.alloc(0));
    }
  });

  it('takes an encoded colon', async () => {
    expect((await client.get(`/v2/${name}/blobs/${blob.digest.replace(':', '%3A')}`)).status).toBe(200);
  });

  it.each([
    ['bytes=500-1499', 206, 'bytes 500-1499/3000'],
    ['bytes=500-', 206, 'bytes 500-2999/3000'],
    ['bytes=-500', 206, 'bytes 2500-2999/3000'],
    ['bytes=-5000', 206, 'bytes 0-2999/3000'],
    ['bytes=2000-5000', 206, 'bytes 2000-2999/3000'],
    ['bytes=0-1', 206, 'bytes 0-1/3000'],
    ['bytes=5000-10000', 416, 'bytes */3000'],
    ['items=0-1', 200, undefined],
    ['garbage', 200, undefined],
  ])('answers Range %s with %d', async (range, status, contentRange) => {
    const answer = await client.get(`/v2/${name}/blobs/${blob.digest}`, { Range: range });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-range']).toBe(contentRange);
    if (status === 206) {
      const [, start, end] = /(\d+)-(\d+)/.exec(contentRange!)!;
      expect(answer.body).toEqual(content.subarray(Number(start), Number(end) + 1));
    }
  });

  it('ignores a range on HEAD', async () => {
    expect(
      (await client.send('HEAD', `/v2/${name}/blobs/${blob.digest}`, { headers: { Range: 'bytes=0-1' } })).status,
    ).toBe(200);
  });

  it('answers 304 to who has it', async () => {
    expect((await client.get(`/v2/${name}/blobs/${blob.digest}`, { 'If-None-Match': `"${blob.digest}"` })).status).toBe(
      304,
    );
  });

  it('knows a blob only in the image that it was pushed to, and no manifest as a blob', async () => {
    expect(refusalOf(await client.get(`/v2/hosted/other/blobs/${blob.digest}`))).toBe('404 BLOB_UNKNOWN');
    expect(refusalOf(await client.get(`/v2/${name}/blobs/${image.digest}`))).toBe('404 BLOB_UNKNOWN');
    expect(refusalOf(await client.get(`/v2/${name}/blobs/sha256:abc`))).toBe('400 DIGEST_INVALID');
  });
});

describe('reading manifests', () => {
  it.each(['latest', 'digest'])('by %s has exact headers and the bytes as pushed', async how => {
    const reference = how === 'digest' ? image.digest : 'latest';
    for (const method of ['GET', 'HEAD']) {
      const answer = await client.send(method, `/v2/${name}/manifests/${reference}`, {
        headers: { Accept: 'application/pdf', 'Accept-Encoding': 'gzip' },
      });
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        'content-type': ociImage,
        'content-length': String(image.bytes.length),
        'docker-content-digest': image.digest,
        etag: `"${image.digest}"`,
      });
      expect(answer.headers).not.toHaveProperty('content-encoding');
      expect(answer.body).toEqual(method === 'GET' ? image.bytes : Buffer.alloc(0));
    }
  });

  it.each([
    ['GET', 'missing', '404 MANIFEST_UNKNOWN'],
    ['GET', `sha256:${'0'.repeat(64)}`, '404 MANIFEST_UNKNOWN'],
    ['GET', 'sha256:abc', '400 DIGEST_INVALID'],
    ['GET', '.x', '400 TAG_INVALID'],
  ])('%s %s is %s', async (method, reference, refusal) => {
    expect(refusalOf(await client.send(method, `/v2/${name}/manifests/${reference}`))).toBe(refusal);
  });

  it('answers 304 to who has it, quoted or not', async () => {
    for (const tag of [`"${image.digest}"`, image.digest]) {
      expect((await client.get(`/v2/${name}/manifests/latest`, { 'If-None-Match': tag })).status).toBe(304);
    }
  });
});

const descriptor = (mediaType: string, { digest, size }: { digest: string; size: number }) => ({
  mediaType,
  digest,
  size,
});
const manifestOf = (change: Record<string, unknown> = {}) => ({
  schemaVersion: 2,
  mediaType: ociImage,
  config: descriptor('application/vnd.oci.image.config.v1+json', image.config),
  layers: [image.layer],
  ...change,
});

const elsewhere = { mediaType: 'a/b', digest: digestOf('in another image'), size: 16 };
const nothing = (n: number) => ({ mediaType: 'a/b', digest: digestOf(`nothing ${n}`), size: 9 });
beforeAll(async () => {
  await client.pushBlob('hosted/other', 'in another image');
});

const badManifests: [string, () => string, () => unknown, string][] = [
  ['another digest', () => `sha256:${'0'.repeat(64)}`, () => manifestOf(), '400 DIGEST_INVALID'],
  ['a bad digest', () => 'sha256:baddigeststring', () => manifestOf(), '400 DIGEST_INVALID'],
  ['a bad tag', () => 'a+b', () => manifestOf(), '400 TAG_INVALID'],
  ['no JSON', () => 'x', () => '{', '400 MANIFEST_INVALID'],
  ['nothing', () => 'x', () => '', '400 MANIFEST_INVALID'],
  ['schema 1', () => 'x', () => ({ schemaVersion: 1 }), '400 MANIFEST_INVALID'],
  [
    'a layer that only another image has',
    () => 'x',
    () => manifestOf({ layers: [elsewhere] }),
    '400 MANIFEST_BLOB_UNKNOWN',
  ],
  [
    'two missing blobs',
    () => 'x',
    () => manifestOf({ layers: [nothing(1), nothing(2)] }),
    '400 MANIFEST_BLOB_UNKNOWN MANIFEST_BLOB_UNKNOWN',
  ],
  [
    'a missing child',
    () => 'x',
    () => ({ schemaVersion: 2, mediaType: ociIndex, manifests: [descriptor(ociImage, nothing(3))] }),
    '400 MANIFEST_BLOB_UNKNOWN',
  ],
  ['a wrong size', () => 'x', () => manifestOf({ layers: [{ ...image.layer, size: 1 }] }), '400 SIZE_INVALID'],
  ['more than 4 MiB', () => 'x', () => manifestOf({ annotations: { a: 'a'.repeat(4_200_000) } }), '413 SIZE_INVALID'],
];

describe('pushing manifests', () => {
  it.each([
    [ociImage, () => manifestOf({ annotations: { kind: 'oci' } })],
    [dockerImage, () => manifestOf({ mediaType: dockerImage })],
    [ociIndex, () => ({ schemaVersion: 2, mediaType: ociIndex, manifests: [image.descriptor] })],
    [dockerList, () => ({ schemaVersion: 2, mediaType: dockerList, manifests: [image.descriptor] })],
    [ociIndex, () => ({ schemaVersion: 2, mediaType: ociIndex, manifests: [] })],
    [
      ociIndex,
      () => ({
        schemaVersion: 2,
        mediaType: ociIndex,
        manifests: [descriptor('application/vnd.buildkit.cacheconfig.v0', blob)],
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
    const bytes = Buffer.from(JSON.stringify(manifestOf({ annotations: { algorithm } })));
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
    const bytes = Buffer.from(JSON.stringify(manifestOf({ annotations: { tags: 'invalid' } })));
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
      (await client.pushManifest(name, 'large', manifestOf({ annotations: { a: 'a'.repeat(3_900_000) } }))).status,
    ).toBe(201);
  });

  it('takes foreign layers that are not here', async () => {
    const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const pushed = await client.pushManifest(
      name,
      'foreign',
      manifestOf({ layers: [{ ...nothing(4), mediaType, urls: ['https://example.com/layer'] }] }),
    );
    expect(pushed.status).toBe(201);
  });

  it('warns of an artifact without a type', async () => {
    const config = descriptor('application/vnd.oci.empty.v1+json', await client.pushBlob(name, '{}'));
    const pushed = await client.pushManifest(name, 'untyped', manifestOf({ config }));
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

describe('fixed tags', () => {
  const put = (tag: string, text: string) => client.pushManifest(name, tag, manifestOf({ annotations: { text } }));

  it('are set once, and the refusal says who holds the tag and what to do', async () => {
    expect((await put('1.4.0', 'first')).status).toBe(201);
    const refused = await put('1.4.0', 'second');
    expect(refusalOf(refused)).toBe('409 DENIED');
    const [{ message, detail }] = jsonOf<{ errors: [{ message: string; detail: Record<string, unknown> }] }>(
      refused,
    ).errors;
    expect(message).toContain(
      `The image tag '1.4.0' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
    );
    expect(message).toMatch(/new tag/);
    expect(detail).toMatchObject({
      reason: 'TAG_IMMUTABLE',
      tag: '1.4.0',
      decisionId: refused.headers['x-decision-id'],
    });
  });

  it('take the same manifest again without a further move', async () => {
    expect((await put('1.4.0', 'first')).status).toBe(201);
    const rows = await server.database.query<{ count: string }>(`select count(*) from tag where name = '1.4.0'`);
    expect(Number(rows[0]!.count)).toBe(1);
  });

  it('are won by one of two first pushes', async () => {
    const answers = await Promise.all([put('2.0.0', 'left'), put('2.0.0', 'right')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it('cannot be removed, nor can their manifest', async () => {
    expect(refusalOf(await client.send('DELETE', `/v2/${name}/manifests/1.4.0`))).toBe('409 DENIED');
    const digest = String((await client.get(`/v2/${name}/manifests/1.4.0`)).headers['docker-content-digest']);
    expect(refusalOf(await client.send('DELETE', `/v2/${name}/manifests/${digest}`))).toBe('409 DENIED');
    expect((await client.get(`/v2/${name}/manifests/1.4.0`)).status).toBe(200);
  });

  it.each(['latest', `sha256-${'ab'.repeat(32)}`, `sha256-${'ab'.repeat(32)}.sig`])('do not include %s', async tag => {
    expect((await put(tag, 'one')).status).toBe(201);
    expect((await put(tag, 'two')).status).toBe(201);
  });
});

describe('lists', () => {
  it('of tags are in byte order and come in pages', async () => {
    const tags = ['1', '1.0', '1.0.0', 'B', 'a', 'b'];
    for (const tag of tags)
      await client.pushManifest(
        'hosted/tagged',
        tag,
        { schemaVersion: 2, mediaType: ociIndex, manifests: [] },
        ociIndex,
      );
    expect(jsonOf(await client.get('/v2/hosted/tagged/tags/list'))).toEqual({ name: 'hosted/tagged', tags });
    const pages: string[][] = [];
    for (let next: string | undefined = '/v2/hosted/tagged/tags/list?n=2'; next;) {
      const answer = await client.get(next);
      pages.push(jsonOf<{ tags: string[] }>(answer).tags);
      next = /^<(\/[^>]+)>; rel="next"$/.exec(String(answer.headers.link ?? ''))?.[1];
    }
    expect(pages).toEqual([
      ['1', '1.0'],
      ['1.0.0', 'B'],
      ['a', 'b'],
    ]);
  });

  it.each([
    ['n=0', [], false],
    ['last=1.0.0', ['B', 'a', 'b'], false],
    ['last=zzzz', [], false],
    ['last=2', ['B', 'a', 'b'], false],
    ['n=1000000000', ['1', '1.0', '1.0.0', 'B', 'a', 'b'], false],
    ['n=1&last=a', ['b'], false],
    ['n=1', ['1'], true],
  ])('of tags with %s are %j', async (query, tags, more) => {
    const answer = await client.get(`/v2/hosted/tagged/tags/list?${query}`);
    expect(jsonOf(answer)).toMatchObject({ tags });
    expect(answer.headers.link !== undefined).toBe(more);
  });

  it('of tags are empty for an image without tags and refused for an unknown one', async () => {
    await client.pushImage('hosted/untagged', undefined, 'untagged');
    expect(jsonOf(await client.get('/v2/hosted/untagged/tags/list'))).toEqual({ name: 'hosted/untagged', tags: [] });
    expect(refusalOf(await client.get('/v2/hosted/unknown/tags/list'))).toBe('404 NAME_UNKNOWN');
  });
});

describe('referrers', () => {
  const list = async (digest: string, query = '') => {
    const answer = await client.get(`/v2/${name}/referrers/${digest}${query}`);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': ociIndex } });
    return { answer, manifests: jsonOf<{ manifests: Record<string, unknown>[] }>(answer).manifests };
  };

  it('are an empty index for an unknown subject, also in an image that was never pushed', async () => {
    expect((await list(`sha256:${'0'.repeat(64)}`)).manifests).toEqual([]);
    expect((await client.get(`/v2/hosted/never/referrers/sha256:${'0'.repeat(64)}`)).status).toBe(200);
    expect(refusalOf(await client.get(`/v2/${name}/referrers/x`))).toBe('400 DIGEST_INVALID');
  });

  it('are listed with type and annotations as soon as they are pushed, and gone when they are removed', async () => {
    const subject = descriptor(ociImage, { digest: digestOf('a subject that comes later'), size: 5 });
    const make = (artifactType: string | undefined) =>
      manifestOf({ subject, annotations: { of: String(artifactType) }, ...(artifactType && { artifactType }) });
    const digests: string[] = [];
    for (const artifactType of ['application/x.one', 'application/x.two', undefined]) {
      const pushed = await client.pushManifest(name, digestOf(JSON.stringify(make(artifactType))), make(artifactType));
      expect(pushed).toMatchObject({ status: 201, headers: { 'oci-subject': subject.digest } });
      digests.push(String(pushed.headers['docker-content-digest']));
    }
    const { manifests } = await list(subject.digest);
    expect(manifests.map(({ digest }) => digest).sort()).toEqual([...digests].sort());
    expect(manifests).toContainEqual({
      mediaType: ociImage,
      digest: digests[2],
      size: Buffer.byteLength(JSON.stringify(make(undefined))),
      artifactType: 'application/vnd.oci.image.config.v1+json',
      annotations: { of: 'undefined' },
    });
    const filtered = await list(subject.digest, '?artifactType=application/x.one');
    expect(filtered.manifests.map(({ digest }) => digest)).toEqual([digests[0]]);
    expect(filtered.answer.headers['oci-filters-applied']).toBe('artifactType');
    expect((await list(subject.digest, '?artifactType=none')).manifests).toEqual([]);
    expect((await client.send('DELETE', `/v2/${name}/manifests/${digests[0]}`)).status).toBe(202);
    expect((await list(subject.digest)).manifests).toHaveLength(2);
  });

  it('include what older clients keep under the fallback tag', async () => {
    const subject = digestOf('subject of an older client');
    const artifact = await client.pushImage(name, undefined, 'signature of an older client');
    const index = { schemaVersion: 2, mediaType: ociIndex, manifests: [artifact.descriptor] };
    expect((await client.pushManifest(name, subject.replace(':', '-'), index, ociIndex)).status).toBe(201);
    expect((await list(subject)).manifests.map(({ digest }) => digest)).toEqual([artifact.digest]);
  });
});

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
