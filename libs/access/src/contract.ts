import type { Action, ContentAction } from '#kernel';

/** Limits that a token puts on its owner's rights. Absent: no limit of that sort. */
export interface TokenLimits {
  /** Row id of the access token behind these limits; null for a registry token that a password or nobody obtained. */
  readonly tokenId: string | null;
  readonly actions?: readonly Action[];
  /** Glob over repository names. */
  readonly repositoryPattern?: string;
  /** For registry tokens: exactly these actions on exactly these names. */
  readonly scopes?: readonly TokenScope[];
}

export interface TokenScope {
  readonly repositoryId: string;
  readonly package: string;
  readonly actions: readonly ContentAction[];
}

/** Who asks. */
export interface Principal {
  readonly kind: 'user' | 'anonymous' | 'system';
  /** Stable: `user:7`, `anonymous`, `system`. */
  readonly id: string;
  readonly name: string;
  /** Row id of the user. */
  readonly userId: string | null;
  readonly limits: TokenLimits | null;
}

/** What is asked about, in the words of the pipeline's target. */
export interface Subject {
  /** Absent for system actions. */
  readonly repository?: { readonly id: string; readonly name: string };
  readonly package?: string;
  readonly tag?: string;
}

/**
 * The answer of `authorize`. A refusal says what may be told: `unauthenticated` (credentials could help), `hidden` (must look like a
 * missing thing), `forbidden` (the thing may be seen, the action is missing).
 */
export type AccessVerdict =
  | { readonly allow: true; readonly rule: string }
  | {
      readonly allow: false;
      readonly outcome: 'unauthenticated' | 'hidden' | 'forbidden';
      readonly rule: string;
      readonly reason: string;
    };
