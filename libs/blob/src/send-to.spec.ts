import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { brokenDisk, closeWorkshops, freshBytes, put, workshop } from '../test/fixtures.js';

afterEach(closeWorkshops);

const mebibyte = 1024 * 1024;
const large = 9 * mebibyte + 5;

/** Looks at each chunk only when it is done with it, as the kernel may: memory that is used again too early shows as wrong bytes. */
class SlowTarget extends Writable {
  readonly hash = createHash('sha256');
  received = 0;

  constructor(private readonly onChunk: (received: number, target: SlowTarget) => void = () => undefined) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    setTimeout(() => {
      this.hash.update(chunk);
      this.received += chunk.length;
      this.onChunk(this.received, this);
      done();
    }, 2);
  }
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a blob that writes itself into a target', () => {
  it.each([
    [256 * 1024 + 1, undefined],
    [8 * mebibyte, undefined],
    [large, undefined],
    [large, { start: 7, end: 3 * mebibyte }],
    [large, { start: large - 1, end: large - 1 }],
  ])('gives the right bytes of %i, range %j', async (sizeBytes, range) => {
    const { store } = await workshop();
    const bytes = freshBytes(sizeBytes);
    const { digest } = await put(store, bytes);
    const target = new SlowTarget();
    await (
      await store.open(digest, sizeBytes, range)
    ).sendTo!(target);
    expect(target.hash.digest('hex')).toBe(sha256(range ? bytes.subarray(range.start, range.end + 1) : bytes));
    expect(target.writableEnded).toBe(false);
  });

  it('gives many targets at once the right bytes', async () => {
    const { store } = await workshop();
    const bytes = freshBytes(large);
    const { digest } = await put(store, bytes);
    const targets = Array.from({ length: 20 }, () => new SlowTarget());
    await Promise.all(targets.map(async target => (await store.open(digest, large)).sendTo!(target)));
    expect(new Set(targets.map(target => target.hash.digest('hex')))).toEqual(new Set([sha256(bytes)]));
  });

  it.each([0, 5 * mebibyte, large - 1])('fails before the last piece when byte %i is wrong', async position => {
    const { store, pathOf } = await workshop();
    const { digest } = await put(store, freshBytes(large));
    const file = await open(pathOf(digest), 'r+');
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, position);
    await file.write(Buffer.from([byte[0]! ^ 1]), 0, 1, position);
    await file.close();
    const target = new SlowTarget();
    const stream = await store.open(digest, large);
    await expect(stream.sendTo!(target)).rejects.toMatchObject({ code: 'internal' });
    expect(target.received).toBeLessThan(large);
  });

  it.each([
    ['in the middle', (target: SlowTarget) => target],
    ['before the first byte', (target: SlowTarget) => target.destroy()],
  ])('fails and closes its file when the target goes away %s', async (_, prepare) => {
    let balance = 0;
    const disk = brokenDisk(call => {
      if (call.name === 'open') balance++;
      if (call.name === 'file.close') balance--;
    });
    const { store } = await workshop({ disk });
    const { digest } = await put(store, freshBytes(large));
    const target = new SlowTarget((received, self) => {
      if (received > mebibyte) self.destroy();
    });
    prepare(target);
    const stream = await store.open(digest, large);
    await expect(stream.sendTo!(target)).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    expect(balance).toBe(0);
  });
});
