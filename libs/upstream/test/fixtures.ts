import { afterEach } from '@jest/globals';
import type { Readable } from 'node:stream';
import { silentLogger, type Clock } from '#kernel';
import { upstreamSettingsSchema, type UpstreamSettingsInput } from '../src/settings.js';
import { Upstream, type UpstreamContext } from '../src/upstream.js';
import { FaultyUpstream } from './faulty-upstream.js';

export class TestClock implements Clock {
  constructor(private time = Date.parse('2026-01-01T00:00:00Z')) {}

  now(): number {
    return this.time;
  }

  advance(seconds: number): void {
    this.time += seconds * 1000;
  }
}

const running: FaultyUpstream[] = [];
const opened: Upstream[] = [];

afterEach(async () => {
  for (const upstream of opened.splice(0)) await upstream.close();
  for (const server of running.splice(0)) await server.down();
});

/** A server that is stopped after the test. */
export async function faultyUpstream(): Promise<FaultyUpstream> {
  const server = await FaultyUpstream.start();
  running.push(server);
  return server;
}

/** An upstream over that server, closed after the test, which may be asked on loopback. */
export function upstreamOf(
  server: { readonly url: string },
  settings: Partial<UpstreamSettingsInput> = {},
  context: Partial<UpstreamContext> = {},
): Upstream {
  const parsed = upstreamSettingsSchema.parse({ url: server.url, allowPrivateAddresses: true, ...settings });
  const upstream = new Upstream(parsed, { clock: new TestClock(), logger: silentLogger, ...context });
  opened.push(upstream);
  return upstream;
}

export async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function textOf(stream: Readable): Promise<string> {
  return (await bytesOf(stream)).toString();
}

/** Every name leads to loopback: hosts of many names without a network. */
export const toLoopback = async (): Promise<readonly string[]> => ['127.0.0.1'];
