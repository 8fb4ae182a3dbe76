/**
 * Why an upstream gave no usable answer. `blocked` is our own doing (circuit, budget, queue, switched off), `limited` is the upstream's
 * wish (429, or 503 with `Retry-After`), `refused` means that it does not accept our credentials (401, 403).
 */
export type UpstreamFailureReason =
  | 'unreachable'
  | 'timeout'
  | 'server-error'
  | 'limited'
  | 'refused'
  | 'invalid'
  | 'blocked'
  | 'redirect'
  | 'private-address'
  | 'too-large';

export interface UpstreamFailureOptions {
  status?: number;
  retryAfterSeconds?: number;
  headers?: Readonly<Record<string, string>>;
  cause?: unknown;
}

/** The message says what happened in words for an administrator and names no path, query, credential or address. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure';
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** The answer's headers where there was one, so that a caller can tell a missing key of an object store from a refusal. Never logged. */
  declare readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly reason: UpstreamFailureReason,
    message: string,
    options: UpstreamFailureOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
    this.retryAfterSeconds = options.retryAfterSeconds;
    Object.defineProperty(this, 'headers', { value: options.headers ?? {}, enumerable: false });
  }
}

export function isUpstreamFailure(error: unknown, reason?: UpstreamFailureReason): error is UpstreamFailure {
  return error instanceof UpstreamFailure && (reason === undefined || error.reason === reason);
}

const timeouts: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

const malformed = /^(?:HPE_|UND_ERR_(?:HEADERS_OVERFLOW|RES_CONTENT_LENGTH_MISMATCH|RES_EXCEEDED_MAX_SIZE))/;
const certificate = /CERT|ERR_TLS|ERR_SSL|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)/;
const reset: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** The code of an error, or of the error that caused it. */
export function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? '' : codeOf(cause);
}

/** True when the connection was cut, which a kept connection may be at any time without anybody's fault. */
export function isReset(error: unknown): boolean {
  return reset.has(codeOf(error));
}

/** Turns whatever the HTTP client threw into a failure without addresses. `during` tells a cut answer from a failed connection. */
export function failureOf(error: unknown, during: 'exchange' | 'body'): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  const { cause } = (error ?? {}) as { cause?: unknown };
  if (cause instanceof UpstreamFailure) return cause;
  const code = codeOf(error);
  const options = { cause: error };
  if (timeouts.has(code)) {
    const text =
      during === 'body' ? 'The upstream stopped sending in mid answer.' : 'The upstream did not answer in time.';
    return new UpstreamFailure('timeout', text, options);
  }
  if (malformed.test(code)) {
    return new UpstreamFailure('invalid', 'The upstream sent an answer that breaks the rules of HTTP.', options);
  }
  if (certificate.test(code)) {
    return new UpstreamFailure('unreachable', 'The certificate of the upstream was not accepted.', options);
  }
  const text = during === 'body' ? 'The answer of the upstream was cut.' : 'The upstream could not be reached.';
  return new UpstreamFailure('unreachable', text, options);
}
