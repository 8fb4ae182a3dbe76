import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { bytesOf, faultyUpstream, textOf, TestClock, upstreamOf } from '../test/fixtures.js';

const get = (path: string) => ({ method: 'GET', path }) as const;
const quick = { timeouts: { connectMs: 500, headersMs: 150, idleBodyMs: 150 } };

describe('Upstream', () => {
  it('gives an answer with its validators, its length and its bytes', async () => {
    const server = await faultyUpstream();
    server.file('/a/b.txt', 'hello', { headers: { 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' } });
    const answer = await upstreamOf(server).request(get('a/b.txt?x=1'));
    expect(answer).toMatchObject({ status: 200, kind: 'ok', contentLength: 5, totalBytes: 5 });
    expect(answer.etag).toMatch(/^"[0-9a-f]{16}"$/);
    expect(answer.lastModified).toBe('Thu, 01 Jan 2026 00:00:00 GMT');
    expect(answer.finalUrl).toBe(`${server.url}/a/b.txt?x=1`);
    expect(await textOf(answer.body)).toBe('hello');
  });

  it('presents itself as Larder, asks for the bytes as they are and hands on no header that could hold a client’s secret', async () => {
    const server = await faultyUpstream();
    server.file('/f', 'x');
    const headers = {
      accept: 'text/plain',
      Authorization: 'Bearer s3cret',
      cookie: 's3cret',
      'User-Agent': 'curl',
      Range: 'x',
    };
    await bytesOf((await upstreamOf(server).request({ ...get('f'), headers })).body);
    const [seen] = server.requests;
    expect(seen!.headers).toMatchObject({
      'user-agent': 'Larder',
      accept: 'text/plain',
      'accept-encoding': 'identity',
    });
    expect(JSON.stringify(seen)).not.toMatch(/s3cret|curl|range/i);
  });

  it('revalidates with both validators and tells not-modified from absent', async () => {
    const server = await faultyUpstream();
    server.file('/f', 'x');
    const upstream = upstreamOf(server);
    const { etag } = await upstream.request({ method: 'HEAD', path: 'f' });
    const validators = { etag, lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' };
    const again = await upstream.request({ ...get('f'), validators });
    expect(again).toMatchObject({ status: 304, kind: 'not-modified' });
    expect(await textOf(again.body)).toBe('');
    expect(server.requests.at(-1)!.headers['if-modified-since']).toBe(validators.lastModified);
    expect(await upstream.request(get('missing'))).toMatchObject({ status: 404, kind: 'absent' });
    server.failNext('/f', { kind: 'status', status: 410 });
    expect(await upstream.request(get('f'))).toMatchObject({ status: 410, kind: 'absent' });
  });

  it('answers a HEAD with the length and without a body', async () => {
    const server = await faultyUpstream();
    server.file('/f', 'hello');
    const answer = await upstreamOf(server).request({ method: 'HEAD', path: 'f' });
    expect(answer.contentLength).toBe(5);
    expect(await textOf(answer.body)).toBe('');
  });

  it('asks for the rest of a file only if it is still the same', async () => {
    const server = await faultyUpstream();
    server.file('/f', 'hello world');
    const upstream = upstreamOf(server);
    const { etag } = await upstream.request({ method: 'HEAD', path: 'f' });
    const rest = await upstream.request({ ...get('f'), range: { start: 6 }, validators: { etag } });
    expect(rest).toMatchObject({ status: 206, contentLength: 5, totalBytes: 11 });
    expect(await textOf(rest.body)).toBe('world');
    server.file('/f', 'other words');
    const changed = await upstream.request({ ...get('f'), range: { start: 6 }, validators: { etag } });
    expect(changed.status).toBe(200);
    expect(await textOf(changed.body)).toBe('other words');
  });

  it.each(['bytes 5-10/11', 'bytes 6-9/11', 'bytes 6-11/11', 'bytes 6-/11', '', 'chunks 6-10/11'])(
    'refuses the range %j when bytes from the 6th on were asked for',
    async contentRange => {
      const server = await faultyUpstream();
      server.handle('/f', (_, response) => {
        response.writeHead(206, { 'content-range': contentRange, 'content-length': 5 }).end('world');
      });
      const refused = upstreamOf(server).request({ ...get('f'), range: { start: 6 } });
      await expect(refused).rejects.toMatchObject({ reason: 'invalid' });
    },
  );

  it('inflates an index on the way, up to a limit', async () => {
    const server = await faultyUpstream();
    const bytes = gzipSync(Buffer.alloc(100_000, 'a'));
    server.file('/i', bytes, { headers: { 'content-encoding': 'gzip' } });
    const upstream = upstreamOf(server);
    const answer = await upstream.request({ ...get('i'), decompress: true });
    expect(server.requests[0]!.headers['accept-encoding']).toBe('gzip');
    expect(answer.contentLength).toBeUndefined();
    expect((await bytesOf(answer.body)).length).toBe(100_000);
    const limited = await upstream.request({ ...get('i'), decompress: true, maxBytes: 99_999 });
    await expect(bytesOf(limited.body)).rejects.toMatchObject({ reason: 'too-large' });
    expect((await bytesOf((await upstream.request(get('i'))).body)).equals(bytes)).toBe(true);
  });

  it.each([
    ['cut short', gzipSync(Buffer.alloc(100_000, 'a')).subarray(0, 50), 'gzip', 'invalid'],
    ['not gzip', Buffer.from('plain'), 'gzip', 'invalid'],
  ])('refuses compressed content that is %s', async (_, bytes, encoding, reason) => {
    const server = await faultyUpstream();
    server.file('/i', bytes, { headers: { 'content-encoding': encoding } });
    const answer = await upstreamOf(server).request({ ...get('i'), decompress: true });
    await expect(bytesOf(answer.body)).rejects.toMatchObject({ name: 'UpstreamFailure', reason });
  });

  it('refuses an encoding that it did not ask for, and content that is announced too large', async () => {
    const server = await faultyUpstream();
    server.file('/i', 'abc', { headers: { 'content-encoding': 'br' } });
    const upstream = upstreamOf(server);
    await expect(upstream.request({ ...get('i'), decompress: true })).rejects.toMatchObject({ reason: 'invalid' });
    await expect(upstream.request({ ...get('i'), maxBytes: 2 })).rejects.toMatchObject({ reason: 'too-large' });
  });
});

describe('Upstream on a bad day', () => {
  it('says unreachable when nobody listens', async () => {
    const server = await faultyUpstream();
    await server.down();
    await expect(upstreamOf(server).request(get('f'))).rejects.toMatchObject({ reason: 'unreachable' });
  });

  it.each([
    [{ kind: 'hang' } as const, 'timeout'],
    [{ kind: 'status', status: 500 } as const, 'server-error'],
    [{ kind: 'status', status: 401 } as const, 'refused'],
    [{ kind: 'status', status: 403 } as const, 'refused'],
    [{ kind: 'status', status: 429 } as const, 'limited'],
    [{ kind: 'status', status: 503, headers: { 'retry-after': '7' } } as const, 'limited'],
    [{ kind: 'status', status: 503 } as const, 'server-error'],
    [{ kind: 'status', status: 204 } as const, 'invalid'],
    [{ kind: 'status', status: 206 } as const, 'invalid'],
    [{ kind: 'status', status: 304 } as const, 'invalid'],
    [{ kind: 'status', status: 400 } as const, 'invalid'],
  ])('turns %j into %s', async (fault, reason) => {
    const server = await faultyUpstream();
    server.file('/f', 'hello');
    server.fail('/f', fault);
    await expect(upstreamOf(server, quick).request(get('f'))).rejects.toMatchObject({
      name: 'UpstreamFailure',
      reason,
    });
  });

  it.each([
    ['is cut', { kind: 'cut-after', bytes: 3 } as const, 'unreachable'],
    ['hangs', { kind: 'hang-after', bytes: 3 } as const, 'timeout'],
    ['is shorter than announced', { kind: 'announce', bytes: 8 } as const, 'unreachable'],
  ])('ends a body that %s with an error', async (_, fault, reason) => {
    const server = await faultyUpstream();
    server.file('/f', 'hello');
    server.fail('/f', fault);
    const upstream = upstreamOf(server, quick);
    const answer = await upstream.request(get('f'));
    await expect(bytesOf(answer.body)).rejects.toMatchObject({ name: 'UpstreamFailure', reason });
    expect(upstream.state()).toMatchObject({ lastError: { reason }, counters: { failures: 1, active: 0 } });
  });

  it('gives no more bytes than were announced', async () => {
    const server = await faultyUpstream();
    server.file('/f', 'hello');
    server.fail('/f', { kind: 'announce', bytes: 3 });
    const answer = await upstreamOf(server).request(get('f'));
    expect((await bytesOf(answer.body).catch(() => Buffer.alloc(0))).length).toBeLessThanOrEqual(3);
  });

  it('asks once more when a connection was cut before the answer, and only once', async () => {
    const server = await faultyUpstream();
    server.file('/f', 'hello');
    const upstream = upstreamOf(server);
    server.failNext('/f', { kind: 'reset' });
    expect(await textOf((await upstream.request(get('f'))).body)).toBe('hello');
    expect(server.requests).toHaveLength(2);
    server.fail('/f', { kind: 'reset' });
    await expect(upstream.request(get('f'))).rejects.toMatchObject({ reason: 'unreachable' });
    expect(server.requests).toHaveLength(4);
  });

  it('ends with the reason of the signal, and does not blame the upstream', async () => {
    const server = await faultyUpstream();
    server.fail('/f', { kind: 'hang' });
    const upstream = upstreamOf(server);
    const controller = new AbortController();
    const waiting = upstream.request({ ...get('f'), signal: controller.signal });
    await server.seen(1);
    controller.abort(new Error('the client left'));
    await expect(waiting).rejects.toThrow('the client left');
    expect(upstream.state()).toMatchObject({ health: 'healthy', counters: { failures: 0, active: 0 } });
  });

  it('frees its place when a reader leaves in mid body, and does not blame the upstream', async () => {
    const server = await faultyUpstream();
    server.file('/f', Buffer.alloc(5_000_000));
    const upstream = upstreamOf(server, { maxParallel: 1 });
    const { body } = await upstream.request(get('f'));
    const closed = new Promise(resolve => body.once('close', resolve));
    body.destroy();
    await closed;
    expect((await bytesOf((await upstream.request(get('f'))).body)).length).toBe(5_000_000);
    expect(upstream.state()).toMatchObject({ health: 'healthy', counters: { failures: 0, active: 0 } });
  });

  it('names no path, address or credential in what a failure says', async () => {
    const server = await faultyUpstream();
    await server.down();
    const credentials = { kind: 'basic', username: 'u', password: 's3cret-word' } as const;
    const upstream = upstreamOf(server, { credentials });
    const failure = await upstream.request(get('secret-path?token=1')).catch((error: unknown) => error as Error);
    const said = `${(failure as Error).message} ${JSON.stringify(failure)} ${JSON.stringify(upstream.state())}`;
    expect(said).not.toMatch(/s3cret|secret-path|token|127\.0\.0\.1/);
  });
});

describe('Upstream.check', () => {
  it.each([200, 404])('is content with %d', async status => {
    const server = await faultyUpstream();
    server.fail('/', { kind: 'status', status });
    expect(await upstreamOf(server).check()).toMatchObject({ health: 'healthy', lastError: undefined });
  });

  it('says the same whatever is wrong', async () => {
    const clock = new TestClock();
    const [closed, hanging, refusing] = [await faultyUpstream(), await faultyUpstream(), await faultyUpstream()];
    await closed.down();
    hanging.fail('/', { kind: 'hang' });
    refusing.fail('/', { kind: 'status', status: 401 });
    const errors = [];
    for (const server of [closed, hanging, refusing]) {
      errors.push((await upstreamOf(server, quick, { clock }).check()).lastError);
    }
    errors.push((await upstreamOf(closed, { allowPrivateAddresses: false }, { clock }).check()).lastError);
    expect(new Set(errors.map(error => JSON.stringify(error))).size).toBe(1);
    expect(errors[0]!.reason).toBeUndefined();
  });
});
