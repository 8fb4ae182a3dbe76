import { afterEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '#kernel';
import {
  brokenDisk,
  closeWorkshops,
  collect,
  freshBytes,
  noLimit,
  put,
  streamOf,
  systemError,
  workshop,
  type DiskCall,
} from '../test/fixtures.js';
import { systemDisk } from './disk.js';
import { FreeSpace } from './free-space.js';
import { openFileBlobs } from './open-file-blobs.js';

afterEach(closeWorkshops);

const mebibyte = 1024 * 1024;
type Name = DiskCall['name'];

/** A disk on which calls of that name fail from now on, as long as the switch is on. */
function failing(name: Name, code: string, pathPattern = /./) {
  const state = { on: false };
  const disk = brokenDisk(call => {
    if (state.on && call.name === name && pathPattern.test(call.path)) throw systemError(code);
  });
  return { disk, state };
}

describe('A full disk', () => {
  it.each<[Name, string]>([
    ['open', 'ENOSPC'],
    ['file.write', 'ENOSPC'],
    ['file.write', 'EDQUOT'],
    ['file.datasync', 'ENOSPC'],
    ['mkdir', 'ENOSPC'],
    ['rename', 'ENOSPC'],
  ])('at %s (%s) is storage-full, leaves nothing behind, and ends when there is room again', async (name, code) => {
    const { disk, state } = failing(name, code);
    const { store, staging } = await workshop({ disk });
    const bytes = freshBytes(mebibyte);
    state.on = true;
    for (let i = 0; i < 4; i++) await expect(put(store, bytes)).rejects.toMatchObject({ code: 'storage-full' });
    expect(await staging()).toEqual([]);
    state.on = false;
    const { digest } = await put(store, bytes);
    expect((await store.read(digest, mebibyte)).equals(bytes)).toBe(true);
  });

  it('keeps what an upload had before', async () => {
    const { disk, state } = failing('file.write', 'ENOSPC');
    const { uploads } = await workshop({ disk });
    await uploads.create('u1');
    await uploads.append('u1', 0, streamOf('first'), noLimit);
    state.on = true;
    await expect(uploads.append('u1', 5, streamOf('second'), noLimit)).rejects.toMatchObject({ code: 'storage-full' });
    state.on = false;
    expect(await uploads.size('u1')).toBe(5);
    expect(await uploads.append('u1', 5, streamOf('third'), noLimit)).toBe(10);
    const staged = await uploads.finish('u1', {});
    expect((await collect(staged.open())).toString()).toBe('firstthird');
  });

  it.each([
    ['on a large disk counts from the fixed reserve', { total: 1_000_000, reserveBytes: 1000 }, 1000],
    ['on a small disk counts from its share', { total: 10_000, reserveBytes: 1000 }, 200],
  ])('%s', async (_, { total, reserveBytes }, reserve) => {
    let bavail = reserve + 50;
    const disk = { ...systemDisk, statfs: async () => ({ bsize: 1, blocks: total, bavail }) };
    const space = new FreeSpace(disk, '/', { reserveBytes, cacheMs: 0 });
    await space.require(50);
    await expect(space.require(51)).rejects.toMatchObject({ code: 'storage-full' });
    bavail = reserve - 1;
    await expect(space.require(0)).rejects.toMatchObject({ code: 'storage-full' });
  });

  it('is looked for again while a large upload arrives', async () => {
    let bavail = 1_000_000;
    const disk = { ...systemDisk, statfs: async () => ({ bsize: 1, blocks: 1_000_000, bavail }) };
    const { store, staging } = await workshop({ disk, freeSpace: { cacheMs: 0 } });
    async function* filling(): AsyncGenerator<Buffer> {
      for (let i = 0; i < 80; i++) {
        if (i === 3) bavail = 0;
        yield Buffer.alloc(mebibyte);
      }
    }
    await expect(store.stage(filling(), noLimit)).rejects.toMatchObject({ code: 'storage-full' });
    expect(await staging()).toEqual([]);
  });

  it('asks the file system once for many requests', async () => {
    let asked = 0;
    const disk = { ...systemDisk, statfs: async () => ({ bsize: 1, blocks: 10, bavail: ++asked * 10 }) };
    const space = new FreeSpace(disk, '/', { cacheMs: 60_000 });
    await Promise.all([space.require(1), space.require(1), space.require(1)]);
    expect(asked).toBe(1);
  });
});

describe('A failed sync', () => {
  it('fails the request, removes the file and is not repeated', async () => {
    let syncs = 0;
    const disk = brokenDisk(call => {
      if (call.name !== 'file.datasync') return;
      syncs++;
      throw systemError('EIO');
    });
    const { store, staging } = await workshop({ disk });
    await expect(store.stage(streamOf('x'), noLimit)).rejects.toMatchObject({ code: 'unavailable' });
    expect(syncs).toBe(1);
    expect(await staging()).toEqual([]);
  });

  it('during a large push counts as much as one at its end', async () => {
    const { disk, state } = failing('file.datasync', 'EIO');
    const { store, staging } = await workshop({ disk });
    state.on = true;
    async function* large(): AsyncGenerator<Buffer> {
      for (let i = 0; i < 40; i++) yield Buffer.alloc(mebibyte);
      // The sync that began beside the writing has failed by now or will be waited for; the one at the end would succeed.
      state.on = false;
    }
    await expect(store.stage(large(), noLimit)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await staging()).toEqual([]);
  });

  it('ends all writing after three in a row, until a restart, while reading goes on', async () => {
    const { disk, state } = failing('file.datasync', 'EIO');
    const { store, uploads, requireWritable, secondProcess } = await workshop({ disk });
    const bytes = freshBytes(10);
    const { digest } = await put(store, bytes);
    state.on = true;
    for (let i = 0; i < 3; i++) await expect(put(store, freshBytes(10))).rejects.toMatchObject({ code: 'unavailable' });
    state.on = false;
    await expect(put(store, bytes)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(uploads.create('u1')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(requireWritable()).rejects.toMatchObject({ code: 'unavailable' });
    expect((await store.read(digest, 10)).equals(bytes)).toBe(true);
    const restarted = await secondProcess();
    await put(restarted.store, bytes);
  });

  it('is forgotten when one succeeds between', async () => {
    const { disk, state } = failing('file.datasync', 'EIO');
    const { store } = await workshop({ disk });
    for (let i = 0; i < 5; i++) {
      state.on = true;
      await expect(put(store, freshBytes(10))).rejects.toMatchObject({ code: 'unavailable' });
      state.on = false;
      await put(store, freshBytes(10));
    }
  });

  it('of a folder makes the next storing put the file there anew', async () => {
    let renames = 0;
    let broken = false;
    const disk = brokenDisk(call => {
      if (call.name === 'rename') renames++;
      if (broken && call.name === 'file.sync' && /sha256\/[0-9a-f]{2}\/[0-9a-f]{2}$/.test(call.path))
        throw systemError('EIO');
    });
    const { store, staging } = await workshop({ disk });
    renames = 0;
    const bytes = freshBytes(10);
    broken = true;
    await expect(put(store, bytes)).rejects.toMatchObject({ code: 'unavailable' });
    broken = false;
    await put(store, bytes);
    await put(store, bytes);
    expect(renames).toBe(2);
    expect(await staging()).toEqual([]);
  });

  it('ends an upload, because nobody knows what is on disk', async () => {
    const { disk, state } = failing('file.datasync', 'EIO');
    const { uploads, staging } = await workshop({ disk });
    await uploads.create('u1');
    await uploads.append('u1', 0, streamOf('first'), noLimit);
    state.on = true;
    await expect(uploads.append('u1', 5, streamOf('second'), noLimit)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(uploads.size('u1')).rejects.toMatchObject({ code: 'upload-unknown' });
    expect(await staging()).toEqual([]);
  });
});

describe('Whatever call to the disk fails', () => {
  it('no file is left in the staging folder, none stays open, and the bytes can be published afterwards', async () => {
    let countdown = Infinity;
    let open = 0;
    const disk = brokenDisk(call => {
      if (call.name === 'file.close') open--;
      else if (call.name !== 'unlink' && --countdown === 0) throw systemError('EIO');
      if (call.name === 'open') open++;
    });
    const { store, staging, secondProcess } = await workshop({ disk });
    const bytes = freshBytes(300_000);
    let failed = 0;
    for (let n = 1; ; n++) {
      // A process of its own each time: failed syncs must not add up, and each one makes its folders known anew.
      const { store: fresh } = await secondProcess({ disk });
      countdown = n;
      const outcome = await put(fresh, bytes).then(
        () => 'stored',
        () => 'failed',
      );
      const reached = countdown > 0;
      countdown = Infinity;
      expect(await staging()).toEqual([]);
      expect(open).toBe(0);
      if (reached) break;
      expect(outcome).toBe('failed');
      failed++;
    }
    expect(failed).toBeGreaterThan(8);
    const { digest } = await put(store, bytes);
    expect((await store.read(digest, 300_000)).equals(bytes)).toBe(true);
  });
});

describe('Opening the blob folder', () => {
  const refusals: readonly [string, Parameters<typeof brokenDisk>[0], RegExp][] = [
    [
      'cannot be written',
      call => failOn(call, 'open', 'EACCES', /stage-/),
      /\(EACCES\); give the server a data folder that it may write to/,
    ],
    ['cannot be created', call => failOn(call, 'mkdir', 'EROFS', /./), /\(EROFS\)/],
    [
      'lies under another mount',
      call => failOn(call, 'rename', 'EXDEV', /stage-/),
      /lie on different devices; put both on the same one/,
    ],
  ];
  it.each(refusals)('is refused with a sentence when the folder %s', async (_, intercept, sentence) => {
    await expect(workshop({ disk: brokenDisk(intercept) })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(sentence),
    });
  });

  it('is refused when staging and store are on different devices', async () => {
    const disk = {
      ...systemDisk,
      stat: async (path: string) => ({ ...(await systemDisk.stat(path)), dev: path.endsWith('uploads') ? 1 : 2 }),
    };
    await expect(workshop({ disk })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('different devices'),
    });
  });

  it('says what to do when the folder above does not exist', async () => {
    const { dataDir, ledger } = await workshop();
    const opening = openFileBlobs({ dataDir: `${dataDir}/a/b`, ledger, logger: silentLogger });
    await expect(opening).rejects.toMatchObject({
      message: expect.stringContaining('create the folder above it first'),
    });
  });
});

function failOn(call: DiskCall, name: Name, code: string, path: RegExp): void {
  if (call.name === name && path.test(call.path)) throw systemError(code);
}
