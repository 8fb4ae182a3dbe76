import type { Clock } from '#kernel';

/** How a request was let through; handed back with its outcome. */
export interface CircuitPass {
  readonly probe: boolean;
}

const failuresToOpen = 5;
const firstPauseMs = 30_000;
const longestPauseMs = 600_000;

/**
 * Stops asking an upstream that is down. Five failures in a row open it for 30 s; then one request is let through as a probe, and while that fails
 * the pause doubles, up to 10 minutes. Failed connections count each time; a failing answer counts once for a path, because one
 * broken package must not stop the others.
 */
export class Circuit {
  readonly #failedPaths = new Set<string>();
  #failedConnections = 0;
  #pauses = 0;
  #openUntil: number | undefined;
  #probing = false;

  constructor(private readonly clock: Clock) {}

  /** Milliseconds until a request would be let through; 0: now. */
  waitMs(): number {
    if (this.#openUntil === undefined) return 0;
    // Nobody knows when the probe ends: looking again after a second is soon enough.
    if (this.#probing) return 1_000;
    return Math.max(0, this.#openUntil - this.clock.now());
  }

  /** Must only be called when `waitMs` is 0, and every pass must come back by `succeeded`, `failed` or `abandoned`. */
  enter(): CircuitPass {
    if (this.#openUntil === undefined) return { probe: false };
    this.#probing = true;
    return { probe: true };
  }

  /** True when this answer closed an open circuit. */
  succeeded(pass: CircuitPass): boolean {
    const wasOpen = this.#openUntil !== undefined;
    if (pass.probe) this.#probing = false;
    this.#failedPaths.clear();
    this.#failedConnections = 0;
    this.#pauses = 0;
    this.#openUntil = undefined;
    return wasOpen;
  }

  /** `path` is left out when the connection itself failed. True when this failure opened the circuit. */
  failed(pass: CircuitPass, path?: string): boolean {
    if (pass.probe) this.#probing = false;
    // A request that began before the circuit opened says nothing new.
    if (this.#openUntil !== undefined && !pass.probe) return false;
    if (path === undefined) this.#failedConnections++;
    else this.#failedPaths.add(path);
    if (!pass.probe && this.failures < failuresToOpen) return false;
    this.#openUntil = this.clock.now() + Math.min(firstPauseMs * 2 ** this.#pauses, longestPauseMs);
    this.#pauses = Math.min(this.#pauses + 1, 10);
    return true;
  }

  /** The request ended without telling anything about the upstream, for example because its client went away. */
  abandoned(pass: CircuitPass): void {
    if (pass.probe) this.#probing = false;
  }

  get failures(): number {
    return this.#failedConnections + this.#failedPaths.size;
  }

  get openUntil(): number | undefined {
    return this.#openUntil;
  }
}
