import type { Clock } from '#kernel';

const minuteMs = 60_000;

/** At most so many requests in each minute. Minutes begin with the first request after the last one has passed. */
export class RequestBudget {
  #startedAt = -Infinity;
  #used = 0;

  constructor(
    private readonly clock: Clock,
    readonly perMinute: number | undefined,
  ) {}

  /** Milliseconds until a request fits into the budget; 0: now. */
  waitMs(): number {
    if (this.perMinute === undefined || this.used < this.perMinute) return 0;
    return this.#startedAt + minuteMs - this.clock.now();
  }

  spend(): void {
    if (this.clock.now() >= this.#startedAt + minuteMs) {
      this.#startedAt = this.clock.now();
      this.#used = 0;
    }
    this.#used++;
  }

  /** Requests of the running minute. */
  get used(): number {
    return this.clock.now() >= this.#startedAt + minuteMs ? 0 : this.#used;
  }
}
