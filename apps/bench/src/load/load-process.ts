import autocannon from 'autocannon';
import type { Job, JobResult, Reply, RequestsJob } from './jobs.js';
import { publish, pull, push } from './transfers.js';

/** As an install does it: a handful of kept connections, one request after the other on each. */
const connections = 24;

async function requests(job: RequestsJob): Promise<JobResult> {
  const result = await autocannon({
    url: job.url,
    headers: job.headers,
    connections,
    pipelining: 1,
    duration: job.seconds,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers were not 2xx, ${result.errors} requests failed`);
  return { perSecond: result['2xx'] / result.duration, medianMs: 0 };
}

function run(job: Job): Promise<JobResult> {
  switch (job.kind) {
    case 'requests':
      return requests(job);
    case 'pull':
      return pull(job);
    case 'push':
      return push(job);
    case 'publish':
      return publish(job);
  }
}

/** The clients, in a process of their own: they take nothing from the event loop of a server. */
process.on('message', (job: Job) => {
  run(job).then(
    result => process.send?.({ result } satisfies Reply),
    (error: unknown) => process.send?.({ error: String(error) } satisfies Reply),
  );
});
process.on('disconnect', () => process.exit(0));
