import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultPoint } from '#kernel';
import { bytesOf, sha256 } from './ledger/bytes.js';
import type { Answer } from './ledger/http-client.js';
import { cutPower } from './ledger/power-cut.js';
import { imageRoot } from './ledger/protocols/oci.js';
import { Site } from './ledger/site.js';

const chunkBytes = 700_000;
const octets = { 'content-type': 'application/octet-stream' };

describe('An image upload that was cut off by a SIGKILL', () => {
  const root = imageRoot({ name: 'resumed' });
  let site: Site;
  let journal: string;
  const start = () => site.start({ environment: { TEST_SYNC_JOURNAL: journal } });
  beforeAll(async () => {
    site = await Site.create({ preloads: ['fault-points', 'sync-journal'] });
    journal = join(site.folder, 'synced');
    await start();
  });
  afterAll(() => site.remove());

  /** Begins an upload, sends the first chunk and gives its location. */
  const begin = async (bytes: Buffer): Promise<string> => {
    const begun = await site.client.send({ method: 'POST', path: `${root}/blobs/uploads/`, body: '' });
    const answer = await append(begun.headers.location!, bytes, 0, chunkBytes);
    expect([answer.status, answer.headers.range]).toEqual([202, `0-${chunkBytes - 1}`]);
    return answer.headers.location!;
  };
  const append = (location: string, bytes: Buffer, first: number, end: number): Promise<Answer> =>
    site.client.send({
      method: 'PATCH',
      path: location,
      headers: { ...octets, 'content-range': `${first}-${end - 1}` },
      body: bytes.subarray(first, end),
    });
  /** Asks where the upload stands, sends the rest, ends it and reads the blob. */
  const complete = async (location: string, bytes: Buffer): Promise<number> => {
    const status = await site.client.get(location);
    expect(status.status).toBe(204);
    const offset = Number(/^0-(\d+)$/.exec(status.headers.range!)![1]) + 1;
    if (offset < bytes.length) expect((await append(location, bytes, offset, bytes.length)).status).toBe(202);
    const digest = sha256(bytes);
    const ended = await site.client.send({ method: 'PUT', path: `${location}?digest=sha256:${digest}`, body: '' });
    expect(ended.status).toBe(201);
    expect(sha256((await site.client.get(`${root}/blobs/sha256:${digest}`)).body)).toBe(digest);
    return offset;
  };

  it.each<[FaultPoint, number]>([
    ['upload.appended', chunkBytes],
    ['upload.recorded', 2 * chunkBytes],
  ])('goes on behind the last byte that was recorded, after %s', async (point, offset) => {
    const bytes = bytesOf(`resumed after ${point}`, 2 * chunkBytes + 1);
    const location = await begin(bytes);
    await site.server.killAt(point);
    await expect(append(location, bytes, chunkBytes, 2 * chunkBytes)).rejects.toThrow();
    await site.server.ended;
    await start();
    expect(await complete(location, bytes)).toBe(offset);
  });

  it('goes on behind the last whole chunk when it was killed within one, and when the power went with it', async () => {
    const bytes = bytesOf('resumed after a power cut', 30 * chunkBytes);
    const location = await begin(bytes);
    const rest = append(location, bytes, chunkBytes, bytes.length);
    rest.catch(() => undefined);
    await site.kill('database');
    await expect(rest).rejects.toThrow();
    await cutPower(site.dataDir, journal);
    await start();
    expect(await complete(location, bytes)).toBe(chunkBytes);
  });

  it('can be ended again when the kill came between the end and its answer', async () => {
    const bytes = bytesOf('ended twice', chunkBytes);
    const location = await begin(bytes);
    const end = { method: 'PUT', path: `${location}?digest=sha256:${sha256(bytes)}`, body: '' };
    await site.server.killAt('publish.after-commit');
    await expect(site.client.send(end)).rejects.toThrow();
    await site.server.ended;
    await start();
    expect((await site.client.send(end)).status).toBe(201);
    expect(sha256((await site.client.get(`${root}/blobs/sha256:${sha256(bytes)}`)).body)).toBe(sha256(bytes));
  });

  it('is begun anew when the kill came between the upload and the link, and then succeeds', async () => {
    const bytes = bytesOf('begun anew', chunkBytes);
    const location = await begin(bytes);
    const end = { method: 'PUT', path: `${location}?digest=sha256:${sha256(bytes)}`, body: '' };
    await site.server.killAt('blob.stored');
    await expect(site.client.send(end)).rejects.toThrow();
    await site.server.ended;
    await start();
    expect((await site.client.send(end)).status).toBe(404);
    await complete(await begin(bytes), bytes);
  });
});
