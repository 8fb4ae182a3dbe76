import { LarderError, type ErrorCode } from '#kernel';
import type { FailedRequest, Failure, WireAnswer } from './format.js';

const statuses: Record<ErrorCode, number> = {
  'invalid-request': 400,
  'invalid-name': 400,
  'invalid-version': 400,
  'invalid-tag': 400,
  'invalid-package': 400,
  'invalid-digest': 400,
  'digest-mismatch': 400,
  'size-mismatch': 400,
  'too-large': 413,
  'unsupported-media-type': 415,
  unauthenticated: 401,
  'invalid-credentials': 401,
  forbidden: 403,
  'policy-denied': 403,
  quarantined: 403,
  'quota-exceeded': 403,
  'not-found': 404,
  'unknown-reference': 400,
  'upload-unknown': 404,
  'upload-offset': 416,
  'method-not-allowed': 405,
  'version-exists': 409,
  'version-removed': 409,
  'tag-fixed': 409,
  'tag-guarded': 403,
  conflict: 409,
  'precondition-failed': 412,
  'range-not-satisfiable': 416,
  'rate-limited': 429,
  timeout: 408,
  'read-only': 503,
  unavailable: 503,
  'storage-full': 507,
  internal: 500,
};

/** Status of a code where no protocol has another opinion; also the management API's table. */
export function statusOf(code: ErrorCode): number {
  return statuses[code];
}

/** The same for a repository that does not exist and for one that this principal may not know of. */
export function noSuchRepository(name: string): LarderError {
  return new LarderError('not-found', `There is no repository named ${name}, or you have no right to see it.`);
}

const signIn =
  'Sign in to use this path: send a user name with a password or an access token, or an access token as bearer token.';

/** Clients that print our text only when there is no challenge; they send their credentials without being asked. */
const unchallenged = /^(?:npm|pnpm|yarn|bun|deno)\b/i;

/**
 * A refusal that may not depend on the repository, because the principal may not know whether it exists: worded from the request alone, and readable by every
 * client: `error` for npm, `errors` for containers, `detail` for Maven, the reason phrase for pip and old Maven.
 */
export function renderUndisclosed(failure: Failure, request: FailedRequest): WireAnswer {
  const status = statusOf(failure.code);
  const message = failure.code === 'unauthenticated' ? signIn : failure.message;
  const wantsProblem = [request.headers.accept].flat().join(',').includes('application/problem+json') && status !== 404;
  const headers: Record<string, string> = {
    'Content-Type': wantsProblem ? 'application/problem+json' : 'application/json',
  };
  if (status === 401 && !unchallenged.test([request.headers['user-agent']].flat()[0] ?? '')) {
    headers['WWW-Authenticate'] = 'Basic realm="Larder", charset="UTF-8"';
  }
  const body = {
    error: message,
    title: message,
    status,
    detail: message,
    code: failure.code,
    decisionId: failure.decisionId,
    requestId: failure.requestId,
    errors: [{ code: failure.code.toUpperCase().replaceAll('-', '_'), message }],
  };
  return { status, headers, body: JSON.stringify(body), reason: message };
}
