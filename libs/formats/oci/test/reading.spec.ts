import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestServer } from '#testing';
import { type OciClient, ociImage, refusalOf, type Descriptor, type Image } from './oci-client.js';
import { startOci } from './start-oci.js';

const name = 'hosted/team/app';
const content = Buffer.alloc(3000, 'abcdefghij');

let server: TestServer;
let client: OciClient;
let image: Image;
let blob: Descriptor;

beforeAll(async () => {
  ({ server, client, image } = await startOci());
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
    ['GET', '.x', '404 MANIFEST_UNKNOWN'],
  ])('%s %s is %s', async (method, reference, refusal) => {
    expect(refusalOf(await client.send(method, `/v2/${name}/manifests/${reference}`))).toBe(refusal);
  });

  it('answers 304 to who has it, quoted or not', async () => {
    for (const tag of [`"${image.digest}"`, image.digest]) {
      expect((await client.get(`/v2/${name}/manifests/latest`, { 'If-None-Match': tag })).status).toBe(304);
    }
  });
});
