import type { ErrorCode } from '#kernel';
import type { FailedRequest, Failure, WireAnswer } from '#registry';

interface Wire {
  readonly status: number;
  /** What the client prints, where the words matter to it; otherwise the message of the failure. */
  readonly text?: (failure: Failure, request: FailedRequest) => string;
  /** Send a challenge: npm then tells the user to log in instead of printing our text. */
  readonly challenge?: boolean;
}

/**
 * Every refusal in npm's words (guide, section 4.2). 409 means "try again" to tools, so it is never sent for a version that exists;
 * npm repeats a PUT on 408, 429 and 5xx, so none of those stands for a refusal that will not change.
 */
export const wire: Record<ErrorCode, Wire> = {
  'invalid-request': { status: 400 },
  'invalid-name': { status: 400 },
  'invalid-version': { status: 400 },
  'invalid-tag': { status: 400 },
  'invalid-package': { status: 422 },
  'invalid-digest': { status: 400 },
  'digest-mismatch': { status: 400 },
  'size-mismatch': { status: 400 },
  'too-large': { status: 413 },
  'unsupported-media-type': { status: 415 },
  unauthenticated: { status: 401, challenge: true },
  'invalid-credentials': { status: 401, challenge: true },
  forbidden: { status: 403 },
  'policy-denied': { status: 403 },
  quarantined: { status: 403 },
  'quota-exceeded': { status: 403 },
  'not-found': { status: 404 },
  'unknown-reference': { status: 404 },
  'upload-unknown': { status: 404 },
  'upload-offset': { status: 409 },
  'method-not-allowed': { status: 405 },
  'version-exists': { status: 403, text: versionExists },
  'version-removed': { status: 403, text: versionRemoved },
  'tag-fixed': { status: 403 },
  'tag-guarded': { status: 403 },
  conflict: { status: 409 },
  'precondition-failed': { status: 412 },
  'range-not-satisfiable': { status: 416 },
  'rate-limited': { status: 429 },
  timeout: { status: 408 },
  'read-only': { status: 403 },
  unavailable: { status: 503 },
  'storage-full': { status: 507 },
  internal: { status: 500 },
};

/**
 * JSON with a string `error`, always: npm and bun print nothing else, and yarn classic takes a failed publish without it for a
 * success (yarn issues 5931 and 6928).
 */
export function renderError(failure: Failure, request: FailedRequest): WireAnswer {
  const answer = wire[failure.code];
  const text = answer.text?.(failure, request) ?? failure.message;
  const challenge = answer.challenge ? challengeFor(failure, request) : undefined;
  return {
    status: answer.status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
    },
    body: JSON.stringify({
      error: text,
      message: text,
      code: failure.code.toUpperCase().replaceAll('-', '_'),
      request_id: failure.requestId,
      decision_id: failure.decisionId,
    }),
  };
}

/**
 * `Bearer` makes npm say that the token seems invalid, `Basic` that the password is wrong (npm 11, error-message.js). A failed
 * log-in gets none, so that npm prints our sentence.
 */
function challengeFor(failure: Failure, request: FailedRequest): string | undefined {
  if (failure.code === 'invalid-credentials') {
    if (/\/-\/user\/org\.couchdb\.user(?::|%3a)/i.test(request.url)) return undefined;
    if (/^basic\s/i.test(String(request.headers.authorization ?? ''))) return 'Basic realm="Larder"';
  }
  return 'Bearer realm="Larder"';
}

/** Release tools look for the first words of this sentence (lerna PR 3742 and many CI scripts). */
function versionExists(failure: Failure, request: FailedRequest): string {
  const version = versionOf(failure, request);
  if (version === undefined) return `You cannot publish over the previously published versions. ${failure.message}`;
  return `You cannot publish over the previously published versions: ${version}. Raise the version in package.json and publish again.`;
}

function versionRemoved(failure: Failure, request: FailedRequest): string {
  const version = versionOf(failure, request);
  if (version === undefined) return failure.message;
  return `Version ${version} was unpublished and cannot be used again. Raise the version in package.json and publish again.`;
}

function versionOf(failure: Failure, request: FailedRequest): string | undefined {
  const version = failure.details.version ?? request.target?.version;
  return typeof version === 'string' ? version : undefined;
}
