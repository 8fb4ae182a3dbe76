/**
 * Every way in which Larder can refuse or fail, as stable words. The list is closed: each protocol answers each code in its
 * own table (`Record<ErrorCode, …>`), so that a new code does not compile until every format has said how it looks there.
 */
export const errorCodes = [
  'invalid-request',
  'invalid-name',
  'invalid-version',
  'invalid-tag',
  'invalid-package',
  'invalid-digest',
  'digest-mismatch',
  'size-mismatch',
  'too-large',
  'unsupported-media-type',
  'unauthenticated',
  'invalid-credentials',
  'forbidden',
  'policy-denied',
  'quarantined',
  'quota-exceeded',
  'not-found',
  'unknown-reference',
  'upload-unknown',
  'upload-offset',
  'method-not-allowed',
  'version-exists',
  'version-removed',
  'tag-fixed',
  'tag-guarded',
  'conflict',
  'precondition-failed',
  'range-not-satisfiable',
  'rate-limited',
  'timeout',
  'read-only',
  'unavailable',
  'storage-full',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorOptions {
  /** Machine-readable facts for the client's body (names, digests, limits). Never a secret, never a stack. */
  details?: Record<string, unknown>;
  /** The rule that spoke, for example `overwrite-policy:never`. Goes into the decision. */
  rule?: string;
  /** Seconds after which a repetition is sensible; sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** Methods that the path does take, for `method-not-allowed`. */
  allow?: readonly string[];
  cause?: unknown;
}

/**
 * A refusal or failure with a code. The message is one sentence or two for the person who runs the client: what is wrong
 * and what to do next. It holds no secret. Thrown where the fact is known, rendered once by the protocol's error table.
 */
export class LarderError extends Error {
  override readonly name = 'LarderError';
  readonly details: Record<string, unknown>;
  readonly rule: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly allow: readonly string[] | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details ?? {};
    this.rule = options.rule;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.allow = options.allow;
  }
}

/** The `code` of a Node or PostgreSQL error (`ENOENT`, `23505`), undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

export function isLarderError(error: unknown, code?: ErrorCode): error is LarderError {
  return error instanceof LarderError && (code === undefined || error.code === code);
}
