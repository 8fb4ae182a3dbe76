import { describe, expect, it } from '@jest/globals';
import { faultyUpstream, textOf, TestClock, upstreamOf } from '../test/fixtures.js';
import { parseRetryAfter } from './retry-after.js';

const get = (path: string) => ({ method: 'GET', path }) as const;
const ok = async (upstream: ReturnType<typeof upstreamOf>, path = 'f'): Promise<string> =>
  textOf((await upstream.request(get(path))).body);

async function failTimes(upstream: ReturnType<typeof upstreamOf>, paths: readonly string[]): Promise<void> {
  for (const path of paths)
    await expect(upstream.request(get(path))).rejects.toMatchObject({ name: 'UpstreamFailure' });
}

const fivePaths = ['1', '2', '3', '4', '5'];

describe('the circuit', () => {
  it('opens after five failures in a row, lets one probe through after 30 s and closes when that succeeds', async () => {
    const server = await faultyUpstream();
    const clock = new TestClock();
    const upstream = upstreamOf(server, {}, { clock });
    server.file('/f', 'x');
    server.fail('*', { kind: 'status', status: 500 });
    await failTimes(upstream, fivePaths.slice(1));
    expect(upstream.state().health).toBe('failing');
    await failTimes(upstream, ['6']);
    expect(upstream.state()).toMatchObject({ health: 'blocked', nextTryAt: new Date(clock.now() + 30_000) });
    await expect(upstream.request(get('f'))).rejects.toMatchObject({ reason: 'blocked', retryAfterSeconds: 30 });
    expect(server.requests).toHaveLength(5);

    clock.advance(30);
    server.heal();
    server.fail('/f', { kind: 'slow', bytes: 1 });
    const probe = upstream.request(get('f'));
    await expect(upstream.request(get('g'))).rejects.toMatchObject({ reason: 'blocked' });
    (await probe).body.destroy();
    server.heal();
    expect(await ok(upstream)).toBe('x');
    expect(upstream.state()).toMatchObject({ health: 'healthy', nextTryAt: undefined });
  });

  it('doubles its pause with every failed probe, up to ten minutes', async () => {
    const server = await faultyUpstream();
    const clock = new TestClock();
    const upstream = upstreamOf(server, {}, { clock });
    server.fail('*', { kind: 'status', status: 502 });
    await failTimes(upstream, fivePaths);
    const pauses = [];
    for (let probe = 0; probe < 6; probe++) {
      const pause = (upstream.state().nextTryAt!.getTime() - clock.now()) / 1000;
      pauses.push(pause);
      clock.advance(pause);
      await failTimes(upstream, ['f']);
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 600]);
  });

  it('does not open for one broken path, nor for answers that are no failures of the upstream', async () => {
    const server = await faultyUpstream();
    const upstream = upstreamOf(server);
    server.fail('/broken', { kind: 'status', status: 500 });
    await failTimes(
      upstream,
      Array.from({ length: 10 }, () => 'broken'),
    );
    server.fail('*', { kind: 'status', status: 403 });
    await failTimes(upstream, fivePaths);
    expect(upstream.state().health).not.toBe('blocked');
  });

  it('opens for failed connections whatever the path', async () => {
    const server = await faultyUpstream();
    const upstream = upstreamOf(server);
    await server.down();
    await failTimes(
      upstream,
      Array.from({ length: 5 }, () => 'same'),
    );
    expect(upstream.state().health).toBe('blocked');
  });

  it('begins to count anew after a success', async () => {
    const server = await faultyUpstream();
    server.file('/f', 'x');
    const upstream = upstreamOf(server);
    for (const path of fivePaths) server.fail(`/${path}`, { kind: 'status', status: 500 });
    await failTimes(upstream, fivePaths.slice(1));
    await ok(upstream);
    await failTimes(upstream, fivePaths.slice(1));
    expect(upstream.state().health).toBe('failing');
  });

  it('lets another probe through when the client of the first one went away', async () => {
    const server = await faultyUpstream();
    const clock = new TestClock();
    const upstream = upstreamOf(server, {}, { clock });
    server.fail('*', { kind: 'status', status: 500 });
    await failTimes(upstream, fivePaths);
    clock.advance(30);
    server.heal();
    server.fail('/f', { kind: 'hang' });
    const controller = new AbortController();
    const probe = upstream.request({ ...get('f'), signal: controller.signal });
    await server.seen(6);
    controller.abort(new Error('gone'));
    await expect(probe).rejects.toThrow('gone');
    server.heal();
    server.file('/f', 'x');
    expect(await ok(upstream)).toBe('x');
  });

  it('closes by a check that succeeds while it is open', async () => {
    const server = await faultyUpstream();
    const upstream = upstreamOf(server);
    server.fail('*', { kind: 'status', status: 500 });
    await failTimes(upstream, fivePaths);
    expect((await upstream.check()).health).toBe('blocked');
    server.heal();
    expect((await upstream.check()).health).toBe('healthy');
  });
});

describe('an upstream that limits us', () => {
  it.each([
    [429, { 'retry-after': '17' }, 17],
    [503, { 'retry-after': 'Thu, 01 Jan 2026 00:00:42 GMT' }, 42],
    [429, { 'retry-after': '86400' }, 300],
    [429, {}, 30],
  ])('is left alone after %d with %j for %d seconds', async (status, headers, seconds) => {
    const server = await faultyUpstream();
    const clock = new TestClock();
    server.file('/f', 'x');
    server.failNext('/f', { kind: 'status', status, headers });
    const upstream = upstreamOf(server, {}, { clock });
    const limited = { reason: 'limited', retryAfterSeconds: seconds };
    await expect(upstream.request(get('f'))).rejects.toMatchObject(limited);
    await expect(upstream.request(get('f'))).rejects.toMatchObject(limited);
    expect(upstream.state()).toMatchObject({ health: 'limited', nextTryAt: new Date(clock.now() + seconds * 1000) });
    expect(server.requests).toHaveLength(1);
    clock.advance(seconds);
    expect(await ok(upstream)).toBe('x');
  });

  it.each(['', 'soon', '-5', '1.5', undefined])('is asked by a readable Retry-After only, not by %j', header => {
    expect(parseRetryAfter(header, 0)).toBeUndefined();
  });
});

describe('the limits of our own', () => {
  it('hold to the budget of a minute', async () => {
    const server = await faultyUpstream();
    const clock = new TestClock();
    server.file('/f', 'x');
    const upstream = upstreamOf(server, { requestsPerMinute: 2 }, { clock });
    await ok(upstream);
    clock.advance(20);
    await ok(upstream);
    await expect(upstream.request(get('f'))).rejects.toMatchObject({ reason: 'blocked', retryAfterSeconds: 40 });
    expect(upstream.state()).toMatchObject({ health: 'limited', counters: { budgetUsed: 2, budgetPerMinute: 2 } });
    clock.advance(40);
    expect(await ok(upstream)).toBe('x');
  });

  it('let so many requests run at once, queue so many, and refuse the rest', async () => {
    const server = await faultyUpstream();
    for (const path of ['/1', '/2', '/3', '/4']) server.file(path, path);
    server.fail('/1', { kind: 'slow', bytes: 1 });
    const upstream = upstreamOf(server, { maxParallel: 1, maxQueued: 2 });
    const running = await upstream.request(get('1'));
    const background = upstream.request({ ...get('2'), priority: 'background' });
    const normal = upstream.request(get('3'));
    await expect(upstream.request(get('4'))).rejects.toMatchObject({ reason: 'blocked', retryAfterSeconds: 1 });
    expect(upstream.state().counters).toMatchObject({ active: 1, queued: 2 });
    running.body.destroy();
    expect(await textOf((await normal).body)).toBe('/3');
    expect(await textOf((await background).body)).toBe('/2');
    expect(server.requests.map(({ url }) => url)).toEqual(['/1', '/3', '/2']);
  });

  it('let a client leave the queue', async () => {
    const server = await faultyUpstream();
    server.file('/f', 'x');
    const upstream = upstreamOf(server, { maxParallel: 1 });
    const running = await upstream.request(get('f'));
    const controller = new AbortController();
    const waiting = upstream.request({ ...get('f'), signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(upstream.state().counters.queued).toBe(0);
    expect(await textOf(running.body)).toBe('x');
    expect(await ok(upstream)).toBe('x');
  });

  it('stop everything when the upstream is switched off or closed', async () => {
    const server = await faultyUpstream();
    server.file('/f', 'x');
    const off = upstreamOf(server, { disabled: true });
    await expect(off.request(get('f'))).rejects.toMatchObject({ reason: 'blocked' });
    expect(off.state().health).toBe('disabled');
    const closed = upstreamOf(server);
    server.fail('/f', { kind: 'hang' });
    const running = closed.request(get('f'));
    const ended = expect(running).rejects.toMatchObject({ name: 'UpstreamFailure' });
    await server.seen(1);
    await closed.close();
    await ended;
    await expect(closed.request(get('f'))).rejects.toMatchObject({ reason: 'blocked' });
    expect(server.requests).toHaveLength(1);
  });
});
