import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { bytesOf, faultyUpstream, upstreamOf } from '../test/fixtures.js';
import { atOnce, closed, finishedAndClosed, KiB, sha256, sinkFor } from '../test/transfer-fixtures.js';
import { fileSource } from './file-source.js';
import { Transfers } from './transfers.js';

describe('Transfers that are cut', () => {
  it('go on with a range, and no reader notices', async () => {
    const server = await faultyUpstream();
    const bytes = randomBytes(500 * KiB);
    server.file('/f', bytes);
    server.failNext('/f', { kind: 'cut-after', bytes: 200 * KiB }, { kind: 'cut-after', bytes: 100 * KiB });
    const upstream = upstreamOf(server);
    const open = () =>
      new Transfers<string>(atOnce).open('k', fileSource(upstream, { path: 'f' }), sinkFor(sha256(bytes)));
    expect((await bytesOf(open().read())).equals(bytes)).toBe(true);
    await closed();
    const starts = server.requests.map(({ headers }) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0));
    expect(starts).toHaveLength(3);
    expect(starts[1]).toBeGreaterThan(0);
    expect(starts[2]).toBeGreaterThan(starts[1]!);
    expect(server.requests[1]!.headers['if-range']).toMatch(/^"/);
  });

  it.each([
    ['ignores ranges', { kind: 'ignore-range' } as const, {}],
    ['gives no validator', undefined, { etag: undefined }],
  ])('begin again and skip what is there when the upstream %s', async (_, fault, options) => {
    const server = await faultyUpstream();
    const bytes = randomBytes(500 * KiB);
    server.file('/f', bytes, options);
    server.failNext('/f', { kind: 'cut-after', bytes: 200 * KiB }, ...(fault ? [fault] : []));
    const source = fileSource(upstreamOf(server), { path: 'f' });
    const transfer = new Transfers<string>(atOnce).open('k', source, sinkFor(sha256(bytes)));
    expect((await bytesOf(transfer.read())).equals(bytes)).toBe(true);
    await closed();
    expect(server.requests).toHaveLength(2);
  });

  it('fail when the file has become another one', async () => {
    const server = await faultyUpstream();
    server.file('/f', randomBytes(500 * KiB));
    server.failNext('/f', { kind: 'cut-after', bytes: 200 * KiB });
    const transfer = new Transfers<string>({
      pauseMs: () => {
        server.file('/f', randomBytes(500 * KiB));
        return 0;
      },
    }).open('k', fileSource(upstreamOf(server), { path: 'f' }), sinkFor());
    await expect(finishedAndClosed(transfer)).rejects.toMatchObject({ reason: 'invalid' });
  });

  it('give up after five resumptions', async () => {
    const server = await faultyUpstream();
    server.file('/f', randomBytes(500 * KiB));
    server.fail('/f', { kind: 'cut-after', bytes: 10 });
    const transfer = new Transfers<string>(atOnce).open('k', fileSource(upstreamOf(server), { path: 'f' }), sinkFor());
    await expect(finishedAndClosed(transfer)).rejects.toMatchObject({ reason: 'unreachable' });
    expect(server.requests).toHaveLength(6);
  });

  it('end at once when the upstream refuses to go on', async () => {
    const server = await faultyUpstream();
    server.file('/f', randomBytes(500 * KiB));
    server.failNext('/f', { kind: 'cut-after', bytes: 10 }, { kind: 'status', status: 403 });
    const transfer = new Transfers<string>(atOnce).open('k', fileSource(upstreamOf(server), { path: 'f' }), sinkFor());
    await expect(finishedAndClosed(transfer)).rejects.toMatchObject({ reason: 'refused' });
    expect(server.requests).toHaveLength(2);
  });
});

describe('fileSource', () => {
  it('says absent in the caller’s words, and shows the first answer before a byte is stored', async () => {
    const server = await faultyUpstream();
    server.file('/f', 'hello', { headers: { 'content-type': 'text/html' } });
    const upstream = upstreamOf(server);
    const missing = fileSource(upstream, { path: 'missing' }, { absent: status => new Error(`none: ${status}`) });
    const page = fileSource(
      upstream,
      { path: 'f' },
      {
        onAnswer: ({ headers }) => {
          throw new Error(`not a file: ${headers['content-type']}`);
        },
      },
    );
    const transfers = new Transfers<string>(atOnce);
    await expect(finishedAndClosed(transfers.open('a', missing, sinkFor()))).rejects.toThrow('none: 404');
    await expect(finishedAndClosed(transfers.open('b', page, sinkFor()))).rejects.toThrow('not a file: text/html');
    expect(server.requests).toHaveLength(2);
    // The place of the second answer comes back when its connection has been closed.
    while (upstream.state().counters.active > 0) await new Promise(resolve => setImmediate(resolve));
  });
});
