/** One thing that the pipeline looked at and what came of it. */
export interface TraceStep {
  /** `route`, `repository`, `authenticate`, `authorize`, `policy`, `resolve`, `cache`, `publish` … */
  readonly step: string;
  readonly outcome: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The steps of one request, in order. Kept only when the request is refused or misses, as the decision. */
export class Trace {
  readonly steps: TraceStep[] = [];

  /** At most 200 steps are kept: a trace is an explanation, not a log. */
  add(step: string, outcome: string, details?: Record<string, unknown>): void {
    if (this.steps.length < 200) this.steps.push(details ? { step, outcome, details } : { step, outcome });
  }
}
