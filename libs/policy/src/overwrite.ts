import type { OverwritePolicy, Verdict } from './contract.js';

export interface OverwriteQuestion {
  /** True for a version that its format calls a snapshot (Maven `-SNAPSHOT`). */
  readonly isSnapshot: boolean;
  /** What is taken, for the message: `Version 1.4.0 of @acme/ui`. */
  readonly what?: string;
  /** Name of the repository, for the message. */
  readonly repository?: string;
}

/**
 * May a coordinate that is taken be published again with other bytes? Equal bytes are an identical repetition and never come here.
 * A refusal is `version-exists` and names the policy as its rule (`overwrite-policy:never`).
 */
export function decideOverwrite(policy: OverwritePolicy, question: OverwriteQuestion): Verdict {
  const rule = `overwrite-policy:${policy}`;
  if (policy === 'always' || (policy === 'snapshots-only' && question.isSnapshot)) return { allow: true, rule };
  const what = question.what ?? 'This version';
  const where = question.repository === undefined ? 'this repository' : question.repository;
  return {
    allow: false,
    rule,
    code: 'version-exists',
    reason:
      `${what} already exists with other content, and the overwrite policy of ${where} is ${policy}; ` +
      'publish under a new version, or ask an administrator to change the overwrite policy.',
  };
}
