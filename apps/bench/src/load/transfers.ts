import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { bigBody, bigBodyDigest } from './big-body.js';
import type { JobResult, PublishJob, PullJob, PushJob } from './jobs.js';
import { makeTarball, publishDocument } from './npm-release.js';
import { median } from '../figures.js';

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Iterable<Buffer>;
  readonly bytes?: number;
  readonly agent: Agent;
}

export async function pull(job: PullJob): Promise<JobResult> {
  const agent = new Agent();
  const startedAt = performance.now();
  const response = await send({ method: 'GET', url: job.url, headers: job.headers, agent });
  let bytes = 0;
  response.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await once(response, 'end');
  return { perSecond: bytes / secondsSince(startedAt), medianMs: 0 };
}

export async function push(job: PushJob): Promise<JobResult> {
  const agent = new Agent({ keepAlive: true });
  const digests = job.seeds.map(seed => bigBodyDigest(seed, job.sizeBytes));
  const startedAt = performance.now();
  await Promise.all(job.seeds.map((seed, index) => pushOne(job, seed, digests[index]!, agent)));
  const perSecond = (job.sizeBytes * job.seeds.length) / secondsSince(startedAt);
  agent.destroy();
  return { perSecond, medianMs: 0 };
}

async function pushOne(job: PushJob, seed: number, digest: string, agent: Agent): Promise<void> {
  const headers = { ...job.headers, 'Content-Type': 'application/octet-stream' };
  const content = { body: bigBody(seed, job.sizeBytes), bytes: job.sizeBytes };
  if (job.protocol === 'plain')
    return drain(await send({ method: 'PUT', url: `${job.url}/${seed}`, headers, agent, ...content }));
  const started = await send({ method: 'POST', url: `${job.url}/blobs/uploads/`, headers: job.headers, agent });
  await drain(started);
  const patched = await send({ method: 'PATCH', url: locationOf(started, job.url), headers, agent, ...content });
  await drain(patched);
  const commit = new URL(locationOf(patched, job.url));
  commit.searchParams.set('digest', digest);
  await drain(await send({ method: 'PUT', url: commit.href, headers: job.headers, agent }));
}

export async function publish(job: PublishJob): Promise<JobResult> {
  const documents: Buffer[] = [];
  for (const release of job.releases)
    documents.push(publishDocument(release, await makeTarball(release, job.sizeBytes)));
  const agent = new Agent({ keepAlive: true, maxSockets: job.parallel });
  const times: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < documents.length; index = next++) {
      const document = documents[index]!;
      const startedAt = performance.now();
      const headers = { ...job.headers, 'Content-Type': 'application/json' };
      const url = job.url + job.releases[index]!.name;
      await drain(await send({ method: 'PUT', url, headers, agent, body: [document], bytes: document.length }));
      times.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: job.parallel }, worker));
  const perSecond = documents.length / secondsSince(startedAt);
  agent.destroy();
  return { perSecond, medianMs: median(times) };
}

/** Resolves with the headers of a 2xx answer. */
async function send(sent: Sent): Promise<IncomingMessage> {
  const outgoing = request(sent.url, {
    method: sent.method,
    agent: sent.agent,
    headers: { ...sent.headers, 'Content-Length': String(sent.bytes ?? 0) },
  });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  // An answer that comes before the body is sent is a refusal; it is read below.
  answered.catch(() => undefined);
  for (const piece of sent.body ?? []) {
    if (!outgoing.write(piece)) await Promise.race([once(outgoing, 'drain'), answered]);
  }
  outgoing.end();
  const [response] = await answered;
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) throw new Error(`${sent.method} ${sent.url} was answered ${status}`);
  return response;
}

async function drain(response: IncomingMessage): Promise<void> {
  if (response.complete && response.readableEnded) return;
  response.resume();
  await once(response, 'end');
}

function locationOf(response: IncomingMessage, base: string): string {
  return new URL(response.headers.location ?? '', base).href;
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000;
}
