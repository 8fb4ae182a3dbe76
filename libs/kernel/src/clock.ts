/** Time is injected so that tests need not sleep. Rows take their times from the database clock; this one drives caches and expiry in the process. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
