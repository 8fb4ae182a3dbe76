import { open as openFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Digest } from '#kernel';
import { blobContract } from '../test/blob-contract.js';
import {
  brokenDisk,
  collect,
  freshBytes,
  noLimit,
  openWorkshop,
  put,
  streamOf,
  closeWorkshops,
  workshop,
} from '../test/fixtures.js';

const mebibyte = 1024 * 1024;

blobContract('FileBlobStore', async () => {
  const workshop = await openWorkshop();
  return { ...workshop, lose: digest => rm(workshop.pathOf(digest as Digest)) };
});

afterEach(closeWorkshops);

/** Turns one bit of a file round, as a rotting disk does. */
async function flipBit(path: string, position: number): Promise<void> {
  const file = await openFile(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, position);
  await file.write(Buffer.from([byte[0]! ^ 1]), 0, 1, position);
  await file.close();
}

describe('FileBlobStore on disk', () => {
  it('puts a blob under its digest, readable by the server only', async () => {
    const { store, pathOf, dataDir } = await workshop();
    const { digest } = await put(store, freshBytes(10));
    expect((await stat(pathOf(digest))).mode & 0o777).toBe(0o600);
    for (const folder of ['blobs', 'blobs/sha256', 'uploads', `blobs/sha256/${digest.slice(7, 9)}`]) {
      expect((await stat(join(dataDir, folder))).mode & 0o777).toBe(0o700);
    }
  });

  it('pins before the file can be found under its digest', async () => {
    const { store, ledger } = await workshop();
    let presentAtPin: boolean | undefined;
    ledger.onPin = async digest => {
      presentAtPin = await store.has(digest, 10);
    };
    await put(store, freshBytes(10));
    expect(presentAtPin).toBe(false);
  });

  it('keeps no bytes when the pin fails', async () => {
    const { store, ledger, staging, dataDir } = await workshop();
    ledger.onPin = () => Promise.reject(new Error('no database'));
    await expect(put(store, freshBytes(10))).rejects.toThrow('no database');
    expect(await staging()).toEqual([]);
    expect(await readdir(join(dataDir, 'blobs/sha256'))).toEqual([]);
  });

  it('replaces a file of the wrong size, which a power cut may leave, by good bytes', async () => {
    const { store, pathOf } = await workshop();
    const bytes = freshBytes(5000);
    const { digest } = await put(store, bytes);
    await truncate(pathOf(digest), 4096);
    await put(store, bytes);
    expect((await collect(await store.open(digest, 5000))).equals(bytes)).toBe(true);
  });

  it('writes nothing new for bytes that are there', async () => {
    const { store, pathOf } = await workshop();
    const bytes = freshBytes(5000);
    const { digest } = await put(store, bytes);
    const before = await stat(pathOf(digest));
    await put(store, bytes);
    expect((await stat(pathOf(digest))).ino).toBe(before.ino);
  });

  it('finds its way again when somebody removed the folders', async () => {
    const { store, dataDir } = await workshop();
    const bytes = freshBytes(10);
    await put(store, bytes);
    for (const name of await readdir(join(dataDir, 'blobs/sha256')))
      await rm(join(dataDir, 'blobs/sha256', name), { recursive: true });
    const { digest } = await put(store, bytes);
    expect(await store.has(digest, 10)).toBe(true);
  });
});

describe('FileBlobStore with damaged files', () => {
  it.each([
    ['of 10 bytes', 10],
    ['of 1 MiB', mebibyte],
    ['of 8 MiB', 8 * mebibyte],
  ])('gives no byte of a damaged blob %s', async (_, sizeBytes) => {
    const { store, pathOf } = await workshop();
    const { digest } = await put(store, freshBytes(sizeBytes));
    await flipBit(pathOf(digest), sizeBytes - 1);
    await expect(store.open(digest, sizeBytes)).rejects.toMatchObject({ code: 'internal' });
    await expect(store.read(digest, sizeBytes)).rejects.toMatchObject({ code: 'internal' });
  });

  it.each([0, 9 * mebibyte, 20 * mebibyte - 1])(
    'ends the stream of a large blob with an error when byte %i is wrong',
    async position => {
      const { store, pathOf } = await workshop();
      const sizeBytes = 20 * mebibyte;
      const { digest } = await put(store, freshBytes(sizeBytes));
      await flipBit(pathOf(digest), position);
      let received = 0;
      const reading = async (): Promise<void> => {
        for await (const chunk of await store.open(digest, sizeBytes)) received += (chunk as Buffer).length;
      };
      await expect(reading()).rejects.toMatchObject({ code: 'internal' });
      expect(received).toBeLessThan(sizeBytes);
    },
  );

  it.each([10, 9 * mebibyte])('refuses a file that has become shorter than its %i bytes', async sizeBytes => {
    const { store, pathOf } = await workshop();
    const { digest } = await put(store, freshBytes(sizeBytes));
    await truncate(pathOf(digest), sizeBytes - 1);
    await expect(store.open(digest, sizeBytes)).rejects.toMatchObject({ code: 'internal' });
  });

  it('ends with an error when the file becomes shorter while it is read', async () => {
    const { store, pathOf } = await workshop();
    const { digest } = await put(store, freshBytes(9 * mebibyte));
    const stream = await store.open(digest, 9 * mebibyte);
    await truncate(pathOf(digest), 10);
    await expect(collect(stream)).rejects.toMatchObject({ code: 'internal' });
  });

  it('is mended by publishing the same bytes again', async () => {
    const { store, pathOf } = await workshop();
    const bytes = freshBytes(1000);
    const { digest } = await put(store, bytes);
    await flipBit(pathOf(digest), 500);
    await expect(store.open(digest, 1000)).rejects.toMatchObject({ code: 'internal' });
    await put(store, bytes);
    expect((await collect(await store.open(digest, 1000))).equals(bytes)).toBe(true);
  });

  it('does not let the size in a row decide which bytes are right', async () => {
    const { store } = await workshop();
    const { digest } = await put(store, freshBytes(1000));
    await store.read(digest, 1000);
    await expect(store.open(digest, 999)).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('FileBlobStore and memory', () => {
  it('reads a hot small blob once', async () => {
    let opened = 0;
    const disk = brokenDisk(call => {
      if (call.name === 'open' && call.path.includes('/blobs/sha256/') && /[0-9a-f]{64}$/.test(call.path)) opened++;
    });
    const { store } = await workshop({ disk });
    const bytes = freshBytes(1000);
    const { digest } = await put(store, bytes);
    await Promise.all(Array.from({ length: 10 }, () => store.read(digest, 1000)));
    expect((await collect(await store.open(digest, 1000, { start: 1, end: 3 }))).equals(bytes.subarray(1, 4))).toBe(
      true,
    );
    expect(opened).toBe(1);
  });

  it('closes every file that a reader gives up on', async () => {
    let balance = 0;
    const disk = brokenDisk(call => {
      if (call.name === 'open') balance++;
      if (call.name === 'file.close') balance--;
    });
    const { store } = await workshop({ disk });
    const { digest } = await put(store, freshBytes(20 * mebibyte));
    for (const range of [undefined, { start: 0, end: 15 * mebibyte }]) {
      const stream = await store.open(digest, 20 * mebibyte, range);
      for await (const chunk of stream) if ((chunk as Buffer).length > 0) break;
      // `once` of node:events would fail, because leaving the loop destroys the stream with an AbortError.
      if (!stream.closed) await new Promise(resolve => stream.once('close', resolve));
    }
    expect(balance).toBe(0);
  });

  it('streams 512 MiB in and out with less than 100 MiB of memory', async () => {
    const { store } = await workshop();
    const block = freshBytes(mebibyte);
    const before = process.memoryUsage.rss();
    let highest = 0;
    const look = (): void => {
      highest = Math.max(highest, process.memoryUsage.rss() - before);
    };
    async function* generated(): AsyncGenerator<Buffer> {
      for (let i = 0; i < 512; i++) {
        block.writeUInt32LE(i);
        look();
        yield block;
      }
    }
    const { digest, sizeBytes } = await store.store(await store.stage(generated(), noLimit));
    expect(sizeBytes).toBe(512 * mebibyte);
    let received = 0;
    for await (const chunk of await store.open(digest, sizeBytes)) {
      received += (chunk as Buffer).length;
      look();
    }
    expect(received).toBe(sizeBytes);
    expect(highest).toBeLessThan(100 * mebibyte);
  });
});

describe('FileBlobStore and requests', () => {
  let server: Server | undefined;
  afterEach(() => new Promise<void>(resolve => (server ? server.close(() => resolve()) : resolve())));

  it('can still answer a request whose body was too large', async () => {
    const { store } = await workshop();
    server = createServer((req, res) => {
      store
        .stage(req, { limitBytes: 1000 })
        .catch((error: { code: string }) => res.writeHead(413, { connection: 'close' }).end(error.code));
    });
    await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', method: 'PUT' }, res => {
        collect(res).then(body => resolve(`${res.statusCode} ${body.toString()}`), reject);
      });
      sent.on('error', reject);
      sent.end(freshBytes(2000));
    });
    expect(answer).toBe('413 too-large');
  });
});

describe('sweepStaging', () => {
  it('removes old leftovers and nothing that lives', async () => {
    const { store, uploads, sweepStaging, staging, dataDir } = await workshop();
    const leftover = `stage-${'0'.repeat(26)}`;
    await writeFile(join(dataDir, 'uploads', leftover), 'from a killed process');
    await writeFile(join(dataDir, 'uploads', 'notes.txt'), 'of somebody else');
    await uploads.create('stage-upload');
    const staged = await store.stage(streamOf('held'), noLimit);
    expect(await sweepStaging({ olderThanMs: 3_600_000 })).toBe(0);
    expect(await sweepStaging({ olderThanMs: -1000 })).toBe(1);
    expect(await staging()).toHaveLength(3);
    expect(await staging()).toEqual(expect.arrayContaining(['notes.txt', 'stage-upload.part']));
    await store.store(staged);
    expect(await staging()).toHaveLength(2);
  });
});
