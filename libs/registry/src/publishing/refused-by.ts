import { LarderError } from '#kernel';
import type { Verdict } from '#policy';

/** A refusing verdict as the error that carries its rule and its reason. */
export function refusedBy(verdict: Extract<Verdict, { allow: false }>, details: Record<string, unknown>): LarderError {
  return new LarderError(verdict.code, verdict.reason, { rule: verdict.rule, details });
}
