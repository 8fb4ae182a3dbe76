import { AsyncLocalStorage } from 'node:async_hooks';

const scope = new AsyncLocalStorage<true>();

/** Runs the work of a database transaction; used by the database room only. */
export function runInTransactionScope<T>(work: () => Promise<T>): Promise<T> {
  return scope.run(true, work);
}

/**
 * Storage and network calls begin with this: bytes move before the transaction, never inside it, because a slow disk would
 * hold row locks. A violation is a mistake in the code, so it throws at once.
 */
export function forbidInsideTransaction(what: string): void {
  if (scope.getStore()) throw new Error(`${what} must not be called while a database transaction is open`);
}
