import type { ErrorCode } from '#kernel';
import type { FailedRequest, Failure, WireAnswer } from '#registry';

/** Plain HTTP: the status says what a script needs, the text and the reason phrase what its reader needs. */
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

export function renderError(failure: Failure, _request: FailedRequest): WireAnswer {
  const status = statuses[failure.code];
  const headers: Record<string, string> = { 'Content-Type': 'text/plain; charset=utf-8' };
  if (status === 401) headers['WWW-Authenticate'] = 'Basic realm="Larder", charset="UTF-8"';
  const size = failure.details['sizeBytes'];
  if (failure.code === 'range-not-satisfiable' && typeof size === 'number') headers['Content-Range'] = `bytes */${size}`;
  return { status, headers, body: `${failure.message}\n`, reason: failure.message };
}
