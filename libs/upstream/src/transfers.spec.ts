import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { bytesOf, faultyUpstream, upstreamOf } from '../test/fixtures.js';
import { atOnce, closed, finishedAndClosed, KiB, sha256, sinkFor, sinks } from '../test/transfer-fixtures.js';
import { fileSource } from './file-source.js';
import type { TransferBody, TransferStart } from './transfer-contract.js';
import { Transfers } from './transfers.js';
import { UpstreamFailure } from './upstream-failure.js';

/** A source that a test feeds by hand. */
function handSource(totalBytes?: number) {
  const bodies: PassThrough[] = [];
  const offsets: number[] = [];
  let opened: () => void = () => undefined;
  const start: TransferStart = async offset => {
    const body = new PassThrough({ highWaterMark: 1024 * KiB });
    bodies.push(body);
    offsets.push(offset);
    opened();
    return { body, offset, totalBytes };
  };
  const body = async (index: number): Promise<PassThrough> => {
    while (bodies.length <= index) await new Promise<void>(resolve => (opened = resolve));
    return bodies[index]!;
  };
  return { start, body, offsets };
}

const ofBytes = (bytes: Buffer, offset = 0, totalBytes?: number): TransferBody => ({
  body: Readable.from([bytes], { objectMode: false }),
  offset,
  totalBytes,
});

async function readExactly(stream: Readable, size: number): Promise<Buffer> {
  for (;;) {
    const bytes = stream.read(size) as Buffer | null;
    if (bytes) return bytes;
    await once(stream, 'readable');
  }
}

describe('Transfers', () => {
  it('makes one upstream transfer of 200 requests for one file, and each gets every byte', async () => {
    const server = await faultyUpstream();
    const bytes = randomBytes(1_000_000);
    server.file('/big', bytes);
    const upstream = upstreamOf(server);
    const transfers = new Transfers<string>();
    const open = () => transfers.open('k', fileSource(upstream, { path: 'big' }), sinkFor(sha256(bytes)));
    const readers = Array.from({ length: 200 }, open).map(transfer => bytesOf(transfer.read()));
    const right = (await Promise.all(readers)).filter(received => received.equals(bytes));
    await closed();
    expect(right).toHaveLength(200);
    expect(server.requests).toHaveLength(1);
    expect(sinks).toHaveLength(1);
    expect(transfers.keys).toEqual([]);
  });

  it('streams before the end has come, but gives the last 64 KiB only after they were verified', async () => {
    const bytes = randomBytes(200 * KiB);
    const source = handSource(bytes.length);
    const transfer = new Transfers<string>().open('k', source.start, sinkFor(sha256(bytes)));
    const reader = transfer.read();
    const body = await source.body(0);
    body.write(bytes.subarray(0, 150 * KiB));
    expect((await readExactly(reader, 136 * KiB)).equals(bytes.subarray(0, 136 * KiB))).toBe(true);
    expect(reader.read(1)).toBeNull();
    body.end(bytes.subarray(150 * KiB));
    expect((await bytesOf(reader)).equals(bytes.subarray(136 * KiB))).toBe(true);
    await closed();
  });

  it('lets late readers and ranges take part, from what has arrived', async () => {
    const bytes = randomBytes(300 * KiB);
    const source = handSource(bytes.length);
    const transfers = new Transfers<string>();
    const first = transfers.open('k', source.start, sinkFor());
    const body = await source.body(0);
    body.write(bytes.subarray(0, 200 * KiB));
    const second = transfers.open('k', source.start, sinkFor());
    expect([first.first, second.first]).toEqual([true, false]);
    const range = await bytesOf(second.read({ start: 100 * KiB, end: 120 * KiB - 1 }));
    expect(range.equals(bytes.subarray(100 * KiB, 120 * KiB))).toBe(true);
    const rest = bytesOf(first.read({ start: 250 * KiB }));
    body.end(bytes.subarray(200 * KiB));
    expect((await rest).equals(bytes.subarray(250 * KiB))).toBe(true);
    await closed();
    expect(source.offsets).toEqual([0]);
  });

  it('gives every reader an error instead of the last bytes when the digest is wrong', async () => {
    const bytes = randomBytes(300 * KiB);
    const transfers = new Transfers<string>();
    const open = () => transfers.open('k', async () => ofBytes(bytes, 0, bytes.length), sinkFor('another digest'));
    const ends = await Promise.allSettled(Array.from({ length: 5 }, () => bytesOf(open().read())));
    for (const end of ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'digest-mismatch' } });
    await closed();
    expect(sinks[0]!.calls).toEqual(['finish', 'abort', 'close']);
  });

  it('gives not one byte of a small file whose digest is wrong', async () => {
    const transfer = new Transfers<string>().open('k', async () => ofBytes(Buffer.from('evil')), sinkFor('good'));
    let seen = 0;
    const reader = transfer.read().on('data', (chunk: Buffer) => (seen += chunk.length));
    const [error] = (await once(reader, 'error').catch((thrown: unknown) => [thrown])) as [unknown];
    expect(error).toMatchObject({ code: 'digest-mismatch' });
    expect(seen).toBe(0);
    await closed();
  });

  it('fails everybody with the upstream’s failure when the transfer does not begin, and tries again for the next', async () => {
    const failure = new UpstreamFailure('limited', 'The upstream limits us.', { retryAfterSeconds: 9 });
    const transfers = new Transfers<string>(atOnce);
    let asked = 0;
    const start: TransferStart = async () => {
      if (asked++ === 0) throw failure;
      return ofBytes(Buffer.from('now'));
    };
    const transfer = transfers.open('k', start, sinkFor());
    const reader = bytesOf(transfer.read());
    await expect(transfer.started).rejects.toBe(failure);
    await expect(reader).rejects.toBe(failure);
    expect((await bytesOf(transfers.open('k', start, sinkFor()).read())).toString()).toBe('now');
    await closed();
  });

  it('does not ask the upstream again when the disk is full', async () => {
    let asked = 0;
    const start: TransferStart = async () => {
      asked++;
      return ofBytes(Buffer.from('x'));
    };
    const transfer = new Transfers<string>(atOnce).open('k', start, async () => {
      const sink = await sinkFor()();
      sink.append = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
      return sink;
    });
    await expect(finishedAndClosed(transfer)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(asked).toBe(1);
  });
});

describe('Transfers when readers leave', () => {
  it('go on when the first reader leaves', async () => {
    const bytes = randomBytes(200 * KiB);
    const source = handSource(bytes.length);
    const transfers = new Transfers<string>();
    const gone = transfers.open('k', source.start, sinkFor()).read();
    const stays = bytesOf(transfers.open('k', source.start, sinkFor()).read());
    const body = await source.body(0);
    body.write(bytes.subarray(0, 100 * KiB));
    await readExactly(gone, 10 * KiB);
    gone.destroy();
    body.end(bytes.subarray(100 * KiB));
    expect((await stays).equals(bytes)).toBe(true);
    await closed();
  });

  it.each([
    ['finish when less than 64 MiB is left', 200 * KiB, 64 * 1024 * KiB + 100 * KiB, true],
    ['stop when exactly 64 MiB are left', 300 * KiB, 64 * 1024 * KiB + 300 * KiB, false],
    ['stop when 64 MiB or more and the greater part is left', 300 * KiB, 100 * 1024 * KiB, false],
    ['stop when nobody knows how much is left', 300 * KiB, undefined, false],
  ] as const)('%s', async (_, sent, total, finishes) => {
    const source = handSource(total);
    const transfers = new Transfers<string>();
    const transfer = transfers.open('k', source.start, sinkFor());
    const reader = transfer.read();
    const body = await source.body(0);
    body.write(Buffer.alloc(sent));
    await transfer.started;
    if (sent > 64 * KiB) await readExactly(reader, 64 * KiB);
    else await new Promise(resolve => setImmediate(resolve));
    reader.destroy();
    await once(reader, 'close');
    expect(transfers.keys).toEqual(finishes ? ['k'] : []);
    body.destroy();
    if (finishes) (await source.body(1)).end(Buffer.alloc(total! - sent));
    await Promise.allSettled([transfer.finished]);
    await closed();
    expect(sinks[0]!.calls).toEqual(finishes ? ['finish', 'close'] : ['abort', 'close']);
  });

  it('run for whoever only waits for the end', async () => {
    const transfer = new Transfers<string>().open('k', async () => ofBytes(Buffer.from('abc')), sinkFor());
    expect(await finishedAndClosed(transfer)).toBe(sha256(Buffer.from('abc')));
  });
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe('the memory of a transfer', () => {
  it('is bounded when its readers stand still, and they find everything on the disk later', async () => {
    const bytes = randomBytes(24 * 1024 * KiB);
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    const pieces = function* (): Generator<Buffer> {
      for (let at = 0; at < bytes.length; at += 64 * KiB) yield Buffer.from(bytes.subarray(at, at + 64 * KiB));
    };
    const start: TransferStart = async () => ({ body: Readable.from(pieces()), offset: 0, totalBytes: bytes.length });
    const transfers = new Transfers<string>();
    const waiting = transfers.open('k', start, sinkFor());
    const still = Array.from({ length: 20 }, () => transfers.open('k', start, sinkFor()).read());
    for (const reader of still) reader.read(0);
    await waiting.finished;
    expect(Math.max(...still.map(reader => reader.readableLength))).toBeLessThanOrEqual(128 * KiB);
    collectGarbage();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * KiB);
    for (const reader of still) expect(sha256(await bytesOf(reader))).toBe(sha256(bytes));
    waiting.release();
    await closed();
    expect(sinks[0]!.reads).toBeGreaterThan(0);
  });
});
