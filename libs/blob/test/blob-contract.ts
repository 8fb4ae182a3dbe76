import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOfHex, runInTransactionScope } from '#kernel';
import type { BlobSink, BlobSource, StageOptions } from '../src/contract.js';
import { collect, cutStream, freshBytes, noLimit, put, stalledStream, streamOf } from './fixtures.js';

export interface BlobContractSubject {
  readonly store: BlobSink & BlobSource;
  /** Names of what lies between receiving and storing. */
  staging(): Promise<readonly string[]>;
  /** Makes the stored bytes of a digest disappear. */
  lose(digest: string): Promise<void>;
  remove(): Promise<void>;
}

const mebibyte = 1024 * 1024;

/**
 * What every blob store promises, whatever it keeps its bytes in. A driver's own spec calls this and adds only what is
 * special about its medium.
 */
export function blobContract(driver: string, makeStore: () => Promise<BlobContractSubject>): void {
  describe(`${driver} keeps the contract of a blob store`, () => {
    let subject: BlobContractSubject;
    beforeAll(async () => {
      subject = await makeStore();
    });
    afterAll(() => subject.remove());

    stagingContract(() => subject);
    stagedContract(() => subject);
    storingContract(() => subject);
    readingContract(() => subject);
  });
}

function stagingContract(subject: () => BlobContractSubject): void {
  const content = Buffer.from('the quick brown fox');
  const refusals: readonly [string, StageOptions, string][] = [
    ['more bytes than the limit', { limitBytes: 18 }, 'too-large'],
    ['an announced size above the limit', { limitBytes: 18, expected: { sizeBytes: 19 } }, 'too-large'],
    ['fewer bytes than announced', { ...noLimit, expected: { sizeBytes: 20 } }, 'size-mismatch'],
    ['more bytes than announced', { ...noLimit, expected: { sizeBytes: 18 } }, 'size-mismatch'],
    ['another sha256', { ...noLimit, expected: { checksums: { sha256: '0'.repeat(64) } } }, 'digest-mismatch'],
    [
      'another digest nobody asked to compute',
      { ...noLimit, expected: { checksums: { sha1: '0'.repeat(40) } } },
      'digest-mismatch',
    ],
  ];
  it.each(refusals)('refuses %s and keeps nothing', async (_, options, code) => {
    const source = streamOf(content);
    await expect(subject().store.stage(source, options)).rejects.toMatchObject({ code });
    expect(source.destroyed).toBe(true);
    expect(await subject().staging()).toEqual([]);
  });

  it('accepts exactly the limit, the announced size and the announced digests', async () => {
    const sha512 = createHash('sha512').update(content).digest('hex');
    const md5 = createHash('md5').update(content).digest('hex');
    const staged = await subject().store.stage(streamOf(content), {
      limitBytes: 19,
      algorithms: ['md5'],
      expected: { sizeBytes: 19, checksums: { sha512 } },
    });
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(staged).toMatchObject({ digest: `sha256:${sha256}`, sizeBytes: 19, checksums: { sha256, sha512, md5 } });
    await subject().store.discard(staged);
  });

  it('throws the error of a source that is cut and keeps nothing', async () => {
    await expect(subject().store.stage(cutStream('the first half'), noLimit)).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    expect(await subject().staging()).toEqual([]);
  });

  it('lets an aborted signal stop a source that gives nothing more', async () => {
    const controller = new AbortController();
    const source = stalledStream('a beginning', () => controller.abort());
    const staging = subject().store.stage(source, { ...noLimit, signal: controller.signal });
    await expect(staging).rejects.toMatchObject({ name: 'AbortError' });
    expect(source.destroyed).toBe(true);
    expect(await subject().staging()).toEqual([]);
  });
}

function stagedContract(subject: () => BlobContractSubject): void {
  it('gives the staged bytes for validation, whole and in parts', async () => {
    const bytes = freshBytes(3 * mebibyte + 7);
    const staged = await subject().store.stage(streamOf(bytes), noLimit);
    expect((await collect(staged.open())).equals(bytes)).toBe(true);
    expect((await collect(staged.open({ start: 5, end: 9 }))).equals(bytes.subarray(5, 10))).toBe(true);
    expect((await staged.read({ start: 3 * mebibyte, end: 4 * mebibyte })).equals(bytes.subarray(3 * mebibyte))).toBe(
      true,
    );
    await subject().store.discard(staged);
  });

  it('refuses to read more than 16 MiB of a staged blob into memory', async () => {
    const staged = await subject().store.stage(streamOf(Buffer.alloc(16 * mebibyte + 1)), noLimit);
    await expect(staged.read({ start: 0, end: 16 * mebibyte })).rejects.toMatchObject({ code: 'too-large' });
    await subject().store.discard(staged);
  });

  it('discards twice without complaint', async () => {
    const staged = await subject().store.stage(streamOf('unwanted'), noLimit);
    await subject().store.discard(staged);
    await subject().store.discard(staged);
    expect(await subject().staging()).toEqual([]);
  });

  it('takes chunks whose memory the source uses again', async () => {
    const memory = Buffer.alloc(1000);
    const staged = await subject().store.stage(
      (async function* () {
        for (let i = 0; i < 2000; i++) yield memory.fill(i % 251);
      })(),
      noLimit,
    );
    const expected = createHash('sha256');
    for (let i = 0; i < 2000; i++) expected.update(Buffer.alloc(1000, i % 251));
    const { digest, sizeBytes } = await subject().store.store(staged);
    expect(digest).toBe(`sha256:${expected.digest('hex')}`);
    expect((await collect(await subject().store.open(digest, sizeBytes))).length).toBe(2_000_000);
  });
}

function storingContract(subject: () => BlobContractSubject): void {
  it('succeeds again for bytes that are there and keeps the row', async () => {
    const bytes = freshBytes(100);
    const first = await put(subject().store, bytes);
    const second = await put(subject().store, bytes);
    expect(second.id).toBe(first.id);
    expect(await subject().staging()).toEqual([]);
  });

  it('stores equal bytes from many at once', async () => {
    const bytes = freshBytes(300_000);
    const stored = await Promise.all(Array.from({ length: 12 }, () => put(subject().store, bytes)));
    expect(new Set(stored.map(blob => blob.id)).size).toBe(1);
    const { digest, sizeBytes } = stored[0]!;
    expect((await collect(await subject().store.open(digest, sizeBytes))).equals(bytes)).toBe(true);
    expect(await subject().staging()).toEqual([]);
  });

  it('brings lost bytes back when they are stored again', async () => {
    const bytes = freshBytes(100);
    const { digest } = await put(subject().store, bytes);
    await subject().lose(digest);
    expect(await subject().store.has(digest, 100)).toBe(false);
    await put(subject().store, bytes);
    expect(await subject().store.has(digest, 100)).toBe(true);
  });

  it('moves no bytes inside a database transaction', async () => {
    const { store } = subject();
    const { digest } = await put(store, freshBytes(10));
    const staged = await store.stage(streamOf('staged before'), noLimit);
    await runInTransactionScope(async () => {
      await expect(store.stage(streamOf('x'), noLimit)).rejects.toThrow('transaction');
      await expect(store.store(staged)).rejects.toThrow('transaction');
      await expect(store.open(digest, 10)).rejects.toThrow('transaction');
      await expect(store.small(digest, 10)).rejects.toThrow('transaction');
      await expect(store.read(digest, 10)).rejects.toThrow('transaction');
      expect(() => staged.open()).toThrow('transaction');
    });
    await store.discard(staged);
  });
}

function readingContract(subject: () => BlobContractSubject): void {
  const sizes = [0, 1, 256 * 1024, 256 * 1024 + 1, 8 * mebibyte, 8 * mebibyte + 1, 20 * mebibyte];
  it.each(sizes)('gives back %i bytes, whole and in ranges', async sizeBytes => {
    const { store } = subject();
    const bytes = freshBytes(sizeBytes);
    const { digest } = await put(store, bytes);
    expect(await store.has(digest, sizeBytes)).toBe(true);
    expect(await store.has(digest, sizeBytes + 1)).toBe(false);
    expect((await collect(await store.open(digest, sizeBytes))).equals(bytes)).toBe(true);
    expect((await store.read(digest, sizeBytes)).equals(bytes)).toBe(true);
    const small = await store.small(digest, sizeBytes);
    expect(small?.equals(bytes)).toBe(sizeBytes <= 256 * 1024 ? true : undefined);
    if (sizeBytes === 0) return;
    const middle = Math.floor(sizeBytes / 2);
    const ranges = [
      { start: 0, end: 0 },
      { start: middle, end: sizeBytes - 1 },
      { start: sizeBytes - 1, end: sizeBytes - 1 },
    ];
    for (const range of ranges) {
      const part = await collect(await store.open(digest, sizeBytes, range));
      expect(part.equals(bytes.subarray(range.start, range.end + 1))).toBe(true);
    }
  });

  it.each([
    { start: 10, end: 10 },
    { start: 0, end: 10 },
    { start: 5, end: 4 },
    { start: -1, end: 4 },
  ])('refuses the range $start-$end of ten bytes', async range => {
    const { digest } = await put(subject().store, freshBytes(10));
    await expect(subject().store.open(digest, 10, range)).rejects.toMatchObject({ code: 'range-not-satisfiable' });
  });

  it('says that unknown bytes are missing', async () => {
    const { store } = subject();
    const digest = digestOfHex('f'.repeat(64));
    await expect(store.open(digest, 5)).rejects.toMatchObject({ code: 'not-found' });
    await expect(store.open(digest, 5 * mebibyte)).rejects.toMatchObject({ code: 'not-found' });
    await expect(store.small(digest, 5)).rejects.toMatchObject({ code: 'not-found' });
    await expect(store.read(digest, 5)).rejects.toMatchObject({ code: 'not-found' });
    expect(await store.has(digest, 5)).toBe(false);
  });

  it('reads no more into memory than allowed', async () => {
    const { digest } = await put(subject().store, freshBytes(11));
    await expect(subject().store.read(digest, 10)).rejects.toMatchObject({ code: 'too-large' });
  });
}
