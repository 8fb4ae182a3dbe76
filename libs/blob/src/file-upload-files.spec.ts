import { createHash } from 'node:crypto';
import { appendFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runInTransactionScope } from '#kernel';
import {
  brokenDisk,
  closeWorkshops,
  collect,
  cutStream,
  freshBytes,
  noLimit,
  stalledStream,
  streamOf,
  workshop,
} from '../test/fixtures.js';

afterEach(closeWorkshops);

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

describe('FileUploadFiles', () => {
  it('gathers pieces and gives them as one staged blob', async () => {
    const { uploads, store, staging } = await workshop();
    const bytes = freshBytes(2_000_000);
    await uploads.create('u1');
    expect(await uploads.size('u1')).toBe(0);
    expect(await uploads.append('u1', 0, streamOf(bytes.subarray(0, 700_000)), noLimit)).toBe(700_000);
    expect(await uploads.append('u1', 700_000, streamOf(bytes.subarray(700_000)), noLimit)).toBe(2_000_000);
    const staged = await uploads.finish('u1', {
      expected: { sizeBytes: 2_000_000, checksums: { sha256: sha256(bytes) } },
    });
    const { digest, sizeBytes } = await store.store(staged);
    expect((await collect(await store.open(digest, sizeBytes))).equals(bytes)).toBe(true);
    expect(await staging()).toEqual([]);
    await expect(uploads.size('u1')).rejects.toMatchObject({ code: 'upload-unknown' });
  });

  it('finishes an upload without bytes', async () => {
    const { uploads } = await workshop();
    await uploads.create('u1');
    expect(await uploads.finish('u1', {})).toMatchObject({ sizeBytes: 0, digest: `sha256:${sha256('')}` });
  });

  it('reads the bytes once more only for digests it has not computed', async () => {
    let reads = 0;
    const disk = brokenDisk(call => {
      if (call.name === 'file.read') reads++;
    });
    const { uploads } = await workshop({ disk });
    await uploads.create('u1');
    await uploads.append('u1', 0, streamOf('hello'), noLimit);
    await uploads.create('u2');
    await uploads.append('u2', 0, streamOf('hello'), noLimit);
    await uploads.finish('u1', {});
    expect(reads).toBe(0);
    const { checksums } = await uploads.finish('u2', { algorithms: ['sha512'] });
    expect(reads).toBeGreaterThan(0);
    expect(checksums.sha512).toBe(createHash('sha512').update('hello').digest('hex'));
  });

  it('keeps what arrived when the source is cut, and goes on from there', async () => {
    const { uploads } = await workshop();
    await uploads.create('u1');
    expect(await uploads.append('u1', 0, cutStream('abc', 'def'), noLimit)).toBe(6);
    expect(await uploads.size('u1')).toBe(6);
    await uploads.append('u1', 6, streamOf('ghi'), noLimit);
    expect((await uploads.finish('u1', {})).digest).toBe(`sha256:${sha256('abcdefghi')}`);
  });

  it('keeps what arrived when the signal is aborted', async () => {
    const { uploads } = await workshop();
    await uploads.create('u1');
    const controller = new AbortController();
    const source = stalledStream('abc', () => controller.abort());
    expect(await uploads.append('u1', 0, source, { ...noLimit, signal: controller.signal })).toBe(3);
    expect(source.destroyed).toBe(true);
  });

  it('has synced the bytes when it reports them', async () => {
    const calls: string[] = [];
    const disk = brokenDisk(call => void calls.push(call.name));
    const { uploads } = await workshop({ disk });
    await uploads.create('u1');
    calls.length = 0;
    await uploads.append('u1', 0, cutStream('abc'), noLimit);
    expect(calls.lastIndexOf('file.datasync')).toBeGreaterThan(calls.lastIndexOf('file.write'));
    expect(calls).toContain('file.sync');
  });

  it('refuses an offset beyond the bytes on disk and says how many there are', async () => {
    const { uploads } = await workshop();
    await uploads.create('u1');
    await uploads.append('u1', 0, streamOf('abc'), noLimit);
    const refused = uploads.append('u1', 4, streamOf('x'), noLimit);
    await expect(refused).rejects.toMatchObject({ code: 'upload-offset', details: { offset: 3 } });
    expect(await uploads.size('u1')).toBe(3);
  });

  it('cuts off again what goes beyond the limit', async () => {
    const { uploads } = await workshop();
    await uploads.create('u1');
    await uploads.append('u1', 0, streamOf('abc'), { limitBytes: 5 });
    await expect(uploads.append('u1', 3, streamOf('d', 'ef'), { limitBytes: 5 })).rejects.toMatchObject({
      code: 'too-large',
    });
    expect(await uploads.size('u1')).toBe(3);
    await uploads.append('u1', 3, streamOf('de'), { limitBytes: 5 });
    expect((await uploads.finish('u1', {})).digest).toBe(`sha256:${sha256('abcde')}`);
  });

  it('lets one request at a time write to an upload', async () => {
    const { uploads } = await workshop();
    await uploads.create('u1');
    const controller = new AbortController();
    let second: Promise<unknown> | undefined;
    const source = stalledStream('abc', () => {
      second = uploads.append('u1', 0, streamOf('xyz'), noLimit).catch((error: unknown) => error);
      controller.abort();
    });
    await uploads.append('u1', 0, source, { ...noLimit, signal: controller.signal });
    expect(await second).toMatchObject({ code: 'upload-offset' });
    expect((await uploads.finish('u1', {})).digest).toBe(`sha256:${sha256('abc')}`);
  });

  it.each([
    ['the digest', { checksums: { sha256: '0'.repeat(64) } }, 'digest-mismatch'],
    ['the size', { sizeBytes: 4 }, 'size-mismatch'],
  ])('is over when %s is not as announced', async (_, expected, code) => {
    const { uploads, staging } = await workshop();
    await uploads.create('u1');
    await uploads.append('u1', 0, streamOf('abc'), noLimit);
    await expect(uploads.finish('u1', { expected })).rejects.toMatchObject({ code });
    await expect(uploads.size('u1')).rejects.toMatchObject({ code: 'upload-unknown' });
    expect(await staging()).toEqual([]);
  });

  it('cancels twice without complaint', async () => {
    const { uploads, staging } = await workshop();
    await uploads.create('u1');
    await uploads.append('u1', 0, streamOf('abc'), noLimit);
    await uploads.cancel('u1');
    await uploads.cancel('u1');
    expect(await staging()).toEqual([]);
    await expect(uploads.append('u1', 3, streamOf('x'), noLimit)).rejects.toMatchObject({ code: 'upload-unknown' });
    await expect(uploads.finish('u1', {})).rejects.toMatchObject({ code: 'upload-unknown' });
  });

  it('creates an id once, for the server only', async () => {
    const { uploads, dataDir } = await workshop();
    await uploads.create('u1');
    await expect(uploads.create('u1')).rejects.toMatchObject({ code: 'conflict' });
    expect((await stat(join(dataDir, 'uploads/u1.part'))).mode & 0o777).toBe(0o600);
  });

  it.each(['', '.', '..', '../escape', 'a/b', 'a\\b', 'a\0b', '%2e%2e', 'a.part', 'é', 'x'.repeat(129)])(
    'refuses the id %j in every call',
    async id => {
      const { uploads, staging } = await workshop();
      const calls = [
        () => uploads.create(id),
        () => uploads.append(id, 0, streamOf('x'), noLimit),
        () => uploads.size(id),
        () => uploads.finish(id, {}),
        () => uploads.cancel(id),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'upload-unknown' });
      expect(await staging()).toEqual([]);
    },
  );

  it('moves no bytes inside a database transaction', async () => {
    const { uploads } = await workshop();
    await uploads.create('u1');
    await runInTransactionScope(async () => {
      await expect(uploads.append('u1', 0, streamOf('x'), noLimit)).rejects.toThrow('transaction');
      await expect(uploads.finish('u1', {})).rejects.toThrow('transaction');
    });
  });
});

/** Files get their times from a clock that moves in steps of some milliseconds: waits for the next step. */
async function clockOfFilesMoves(folder: string): Promise<void> {
  const path = join(folder, 'clock');
  await writeFile(path, '');
  const { mtimeMs } = await stat(path);
  while ((await stat(path)).mtimeMs === mtimeMs) await writeFile(path, 'x');
}

describe('FileUploadFiles after a crash', () => {
  it('cuts off bytes that were written and never recorded', async () => {
    const { uploads, secondProcess, dataDir } = await workshop();
    await uploads.create('u1');
    await uploads.append('u1', 0, streamOf('abc'), noLimit);
    await appendFile(join(dataDir, 'uploads/u1.part'), 'never recorded');
    const { uploads: restarted } = await secondProcess();
    expect(await restarted.append('u1', 3, streamOf('def'), noLimit)).toBe(6);
    expect((await restarted.finish('u1', {})).digest).toBe(`sha256:${sha256('abcdef')}`);
  });

  it('hashes the whole file in the process that finishes it', async () => {
    const { uploads, secondProcess } = await workshop();
    const bytes = freshBytes(3_000_000);
    await uploads.create('u1');
    await uploads.append('u1', 0, streamOf(bytes.subarray(0, 1_000_000)), noLimit);
    const { uploads: second } = await secondProcess();
    await second.append('u1', 1_000_000, streamOf(bytes.subarray(1_000_000, 2_000_000)), noLimit);
    // The first process has a running hash that no longer fits.
    await uploads.append('u1', 2_000_000, streamOf(bytes.subarray(2_000_000)), noLimit);
    const expected = { sizeBytes: 3_000_000, checksums: { sha256: sha256(bytes) } };
    expect(await second.finish('u1', { expected })).toMatchObject({ sizeBytes: 3_000_000 });
  });

  it('does not trust a running hash over bytes that another process cut off and wrote anew', async () => {
    const { uploads, secondProcess, dataDir } = await workshop();
    await uploads.create('u1');
    await uploads.append('u1', 0, streamOf('abcdef'), noLimit);
    await clockOfFilesMoves(dataDir);
    const { uploads: second } = await secondProcess();
    await second.append('u1', 3, streamOf('XYZ'), noLimit);
    expect((await uploads.finish('u1', {})).digest).toBe(`sha256:${sha256('abcXYZ')}`);
  });
});
