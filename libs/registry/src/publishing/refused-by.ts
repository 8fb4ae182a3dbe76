import { LarderError } from '#kernel';
import { decideOverwrite, type OverwritePolicy, type Verdict } from '#policy';
import type { RepositoryContext } from '../context.js';

/** May `what` be published again with other bytes? Asks the repository's overwrite policy and notes its answer in the trace. */
export function decideByOverwritePolicy(ctx: RepositoryContext, what: string): Verdict {
  const policy = ctx.repository.settings['overwritePolicy'] as OverwritePolicy;
  const verdict = decideOverwrite(policy, { isSnapshot: false, what, repository: ctx.repository.name });
  ctx.trace.add('policy', verdict.allow ? 'allowed' : 'refused', { rule: verdict.rule });
  return verdict;
}

/** A refusing verdict as the error that carries its rule and its reason. */
export function refusedBy(verdict: Extract<Verdict, { allow: false }>, details: Record<string, unknown>): LarderError {
  return new LarderError(verdict.code, verdict.reason, { rule: verdict.rule, details });
}
