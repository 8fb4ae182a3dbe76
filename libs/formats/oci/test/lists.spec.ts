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
  type Answer,
  type Image,
} from './oci-client.js';
import { startOci } from './start-oci.js';

const name = 'hosted/team/app';

let server: TestServer;
let client: OciClient;
let image: Image;

beforeAll(async () => {
  ({ server, client, image } = await startOci());
});
afterAll(() => server.stop());

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

async function list(digest: string, query = ''): Promise<{ answer: Answer; manifests: Record<string, unknown>[] }> {
  const answer = await client.get(`/v2/${name}/referrers/${digest}${query}`);
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': ociIndex } });
  return { answer, manifests: jsonOf<{ manifests: Record<string, unknown>[] }>(answer).manifests };
}

describe('referrers', () => {
  it('are an empty index for an unknown subject, also in an image that was never pushed', async () => {
    expect((await list(`sha256:${'0'.repeat(64)}`)).manifests).toEqual([]);
    expect((await client.get(`/v2/hosted/never/referrers/sha256:${'0'.repeat(64)}`)).status).toBe(200);
    expect(refusalOf(await client.get(`/v2/${name}/referrers/x`))).toBe('400 DIGEST_INVALID');
  });

  it('are listed with type and annotations as soon as they are pushed, and gone when they are removed', async () => {
    const subject = descriptorOf(ociImage, { digest: digestOf('a subject that comes later'), size: 5 });
    const make = (artifactType: string | undefined) =>
      manifestOf(image, { subject, annotations: { of: String(artifactType) }, ...(artifactType && { artifactType }) });
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
