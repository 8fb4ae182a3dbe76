import { UpstreamFailure } from './upstream-failure.js';

export type Priority = 'normal' | 'background';

interface Waiting {
  readonly grant: () => void;
}

/** A bounded number of requests at once, and a bounded queue before them. Background requests wait for all others. */
export class Slots {
  readonly #queues: Record<Priority, Set<Waiting>> = { normal: new Set(), background: new Set() };
  #active = 0;

  constructor(
    private readonly limit: number,
    private readonly maxQueued: number,
  ) {}

  get active(): number {
    return this.#active;
  }

  get queued(): number {
    return this.#queues.normal.size + this.#queues.background.size;
  }

  /** Resolves with the function that gives the slot back; calling it twice is harmless. @throws UpstreamFailure blocked; the signal's reason */
  async acquire(priority: Priority, signal: AbortSignal | undefined): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#active >= this.limit) await this.#wait(priority, signal);
    else this.#active++;
    let held = true;
    return () => {
      if (held) this.#handOn();
      held = false;
    };
  }

  #wait(priority: Priority, signal: AbortSignal | undefined): Promise<void> {
    if (this.queued >= this.maxQueued) {
      throw new UpstreamFailure('blocked', 'Too many requests are waiting for the upstream.', { retryAfterSeconds: 1 });
    }
    const queue = this.#queues[priority];
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        queue.delete(entry);
        reject(signal?.reason);
      };
      const entry: Waiting = {
        grant: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      queue.add(entry);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** The slot goes to the next in the queue without being free in between. */
  #handOn(): void {
    for (const queue of [this.#queues.normal, this.#queues.background]) {
      for (const next of queue) {
        queue.delete(next);
        next.grant();
        return;
      }
    }
    this.#active--;
  }
}
