import type { UpstreamFailureReason } from './upstream-failure.js';

/**
 * `limited`: it asked us to wait, or the budget of this minute is spent; `failing`: its last requests failed; `blocked`: so many failed that it is
 * not asked before `nextTryAt`; `disabled`: switched off by hand.
 */
export type UpstreamHealth = 'healthy' | 'limited' | 'failing' | 'blocked' | 'disabled';

export interface UpstreamState {
  readonly health: UpstreamHealth;
  /** When it is asked again; undefined: with the next request. */
  readonly nextTryAt: Date | undefined;
  readonly lastSuccessAt: Date | undefined;
  /** `reason` is left out after a check, whose one text must not tell what is behind an address. */
  readonly lastError:
    | { readonly at: Date; readonly message: string; readonly reason?: UpstreamFailureReason; readonly status?: number }
    | undefined;
  /** Since this process opened the upstream; `budgetUsed` in the running minute. */
  readonly counters: {
    readonly requests: number;
    readonly failures: number;
    readonly active: number;
    readonly queued: number;
    readonly budgetUsed: number;
    readonly budgetPerMinute: number | undefined;
  };
}
