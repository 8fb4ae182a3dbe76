import type { Job, JobResult, Reply } from './jobs.js';
import { requests } from './requests.js';
import { publish, pull, push } from './transfers.js';

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
