import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { oci } from '#formats/oci';
import { OciClient, digestOf, jsonOf, ociImage, ociIndex, refusalOf, type Image } from './oci-client.js';

const name = 'hosted/team/app';

let server: TestServer;
let client: OciClient;
let image: Image;

beforeAll(async () => {
  server = await startTestServer({ formats: [oci] });
  await server.createRepository('hosted', 'oci');
  client = OciClient.basic(server.url, server.admin);
  image = await client.pushImage(name, 'latest', 'first');
});
afterAll(() => server.stop());

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
