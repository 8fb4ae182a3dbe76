import { isMainThread } from 'node:worker_threads';

/** What the test asks the server process to do; answered when it is done. */
export interface Order {
  readonly order: string;
  readonly id: number;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface OrderDone {
  readonly done: number;
  readonly value: unknown;
}

/**
 * Handles the orders of one name that come over the channel to the test. A server whose test has gone ends itself: nothing is left running. Worker threads inherit
 * `--import`, but only the main thread takes orders.
 */
export function onOrder(name: string, handle: (details: Readonly<Record<string, unknown>>) => unknown): void {
  if (!isMainThread || process.send === undefined) return;
  process.on('message', (message: Order) => {
    if (message.order !== name) return;
    const answer: OrderDone = { done: message.id, value: handle(message.details) };
    process.send?.(answer);
  });
}

export function dieNow(): void {
  process.kill(process.pid, 'SIGKILL');
}

if (isMainThread) process.once('disconnect', dieNow);
