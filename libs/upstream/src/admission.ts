import type { Clock, Logger } from '#kernel';
import { Circuit, type CircuitPass } from './circuit.js';
import { RequestBudget } from './request-budget.js';
import type { UpstreamSettings } from './settings.js';
import { Slots, type Priority } from './slots.js';
import { UpstreamFailure } from './upstream-failure.js';
import type { UpstreamHealth, UpstreamState } from './upstream-state.js';

/** A request that may be made now. Its outcome is told once; the place is given back when the answer's body is over. */
export interface Admitted {
  succeeded(): void;
  failed(failure: UpstreamFailure): void;
  /** Ended without telling anything about the upstream. */
  abandoned(): void;
  release(): void;
}

/** Decides whether the upstream may be asked now: switched on, not limited, circuit closed, budget left, a place free. */
export class Admission {
  readonly #circuit: Circuit;
  readonly #budget: RequestBudget;
  readonly #slots: Slots;
  #limitedUntil = 0;
  #closed = false;
  #requests = 0;
  #failures = 0;
  #lastSuccessAt: Date | undefined;
  #lastError: UpstreamState['lastError'];

  constructor(
    private readonly settings: UpstreamSettings,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.#circuit = new Circuit(clock);
    this.#budget = new RequestBudget(clock, settings.requestsPerMinute);
    this.#slots = new Slots(settings.maxParallel, settings.maxQueued);
  }

  /** @throws UpstreamFailure blocked, limited; the signal's reason */
  async enter(
    path: string,
    options: { priority?: Priority; signal?: AbortSignal; force?: boolean },
  ): Promise<Admitted> {
    this.#assertOpen(options.force);
    const release = await this.#slots.acquire(options.priority ?? 'normal', options.signal);
    try {
      // Much may have happened while this one waited.
      this.#assertOpen(options.force);
    } catch (error) {
      release();
      throw error;
    }
    this.#budget.spend();
    this.#requests++;
    return this.#admit(
      path,
      release,
      options.force && this.#circuit.waitMs() > 0 ? { probe: true } : this.#circuit.enter(),
    );
  }

  close(): void {
    this.#closed = true;
  }

  /** Replaces what is known of the last failure by one text that is the same for every failure. */
  forgetReason(message: string): void {
    if (this.#lastError) this.#lastError = { at: this.#lastError.at, message };
  }

  state(): UpstreamState {
    const { health, waitMs } = this.#health();
    return {
      health,
      nextTryAt: waitMs > 0 ? new Date(this.clock.now() + waitMs) : undefined,
      lastSuccessAt: this.#lastSuccessAt,
      lastError: this.#lastError,
      counters: {
        requests: this.#requests,
        failures: this.#failures,
        active: this.#slots.active,
        queued: this.#slots.queued,
        budgetUsed: this.#budget.used,
        budgetPerMinute: this.#budget.perMinute,
      },
    };
  }

  #health(): { health: UpstreamHealth; waitMs: number } {
    if (this.#closed || this.settings.disabled) return { health: 'disabled', waitMs: 0 };
    if (this.#circuit.openUntil !== undefined) return { health: 'blocked', waitMs: this.#circuit.waitMs() };
    const waitMs = Math.max(this.#limitedUntil - this.clock.now(), this.#budget.waitMs());
    if (waitMs > 0) return { health: 'limited', waitMs };
    return { health: this.#circuit.failures > 0 ? 'failing' : 'healthy', waitMs: 0 };
  }

  /** `force` is for the check that an administrator asks for: it passes the circuit, but not what the upstream wished. */
  #assertOpen(force = false): void {
    if (this.#closed || this.settings.disabled) throw new UpstreamFailure('blocked', 'The upstream is switched off.');
    const refuse = (reason: 'blocked' | 'limited', waitMs: number, message: string): void => {
      if (waitMs > 0) throw new UpstreamFailure(reason, message, { retryAfterSeconds: Math.ceil(waitMs / 1000) });
    };
    refuse('limited', this.#limitedUntil - this.clock.now(), 'The upstream asked us to wait.');
    refuse('blocked', this.#budget.waitMs(), 'The requests of this minute to the upstream are used up.');
    if (!force)
      refuse('blocked', this.#circuit.waitMs(), 'The upstream failed too often and is not asked for a while.');
  }

  #admit(path: string, release: () => void, pass: CircuitPass): Admitted {
    let told = false;
    const once = (tell: () => void) => (): void => {
      if (!told) tell();
      told = true;
    };
    return {
      succeeded: once(() => this.#succeeded(pass)),
      abandoned: once(() => this.#circuit.abandoned(pass)),
      failed: failure => {
        const first = !told;
        told = true;
        this.#failed(failure, first ? { path, pass } : undefined);
      },
      release,
    };
  }

  #succeeded(pass: CircuitPass): void {
    this.#lastSuccessAt = new Date(this.clock.now());
    if (this.#circuit.succeeded(pass)) this.logger.info({ upstream: this.#host }, 'upstream answers again');
  }

  /** A failure in mid body comes after the success that its headers were, and only counts. */
  #failed(failure: UpstreamFailure, outcome: { path: string; pass: CircuitPass } | undefined): void {
    const { reason, message, status, retryAfterSeconds } = failure;
    this.#failures++;
    this.#lastError = { at: new Date(this.clock.now()), message, reason, ...(status === undefined ? {} : { status }) };
    if (!outcome) return;
    if (reason === 'limited') {
      this.#limitedUntil = Math.max(this.#limitedUntil, this.clock.now() + (retryAfterSeconds ?? 30) * 1000);
      this.logger.warn({ upstream: this.#host, retryAfterSeconds }, 'upstream limits us');
    }
    if (reason === 'server-error' || reason === 'timeout' || reason === 'unreachable') {
      const connection = reason === 'unreachable' || /CONNECT|ETIMEDOUT/.test(causeCode(failure));
      if (this.#circuit.failed(outcome.pass, connection ? undefined : outcome.path)) {
        this.logger.warn(
          { upstream: this.#host, reason, waitMs: this.#circuit.waitMs() },
          'upstream blocked for a while',
        );
      }
    } else if (status !== undefined && reason !== 'limited') this.#circuit.succeeded(outcome.pass);
    else this.#circuit.abandoned(outcome.pass);
  }

  get #host(): string {
    return new URL(this.settings.url).host;
  }
}

function causeCode({ cause }: UpstreamFailure): string {
  return String((cause as { code?: unknown } | undefined)?.code ?? '');
}
