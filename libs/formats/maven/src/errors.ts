import type { ErrorCode } from '#kernel';
import type { FailedRequest, Failure, WireAnswer } from '#registry';

interface Wire {
  readonly status: number;
  /** Short name of the kind of failure: `title` of the problem document. */
  readonly title: string;
}

/**
 * Clients of sbt and Ivy look credentials up by exactly this realm: it must never change.
 */
export const challenge = 'Basic realm="Larder", charset="UTF-8"';

/**
 * Maven and Gradle remember a 404 for a day, repeat 5xx, 408 and 429, and fail at once on the rest. So 404 only means that something does
 * not exist, and 5xx only stands for what a repetition can cure. 409 is what they and their users know for "already released".
 */
export const wire: Record<ErrorCode, Wire> = {
  'invalid-request': { status: 400, title: 'Invalid request' },
  'invalid-name': { status: 400, title: 'Invalid coordinates' },
  'invalid-version': { status: 400, title: 'Version not taken by this repository' },
  'invalid-tag': { status: 400, title: 'Invalid request' },
  'invalid-package': { status: 400, title: 'Invalid file' },
  'invalid-digest': { status: 400, title: 'Invalid checksum' },
  'digest-mismatch': { status: 409, title: 'Checksum mismatch' },
  'size-mismatch': { status: 400, title: 'Incomplete file' },
  'too-large': { status: 413, title: 'Too large' },
  'unsupported-media-type': { status: 400, title: 'Invalid file' },
  unauthenticated: { status: 401, title: 'Credentials needed' },
  'invalid-credentials': { status: 401, title: 'Wrong credentials' },
  forbidden: { status: 403, title: 'Not allowed' },
  'policy-denied': { status: 403, title: 'Refused by policy' },
  // Not 404, which every client would remember as absence, and not 403, which disables the repository in Gradle.
  quarantined: { status: 409, title: 'Quarantined' },
  // Not 507: Gradle repeats every 5xx.
  'quota-exceeded': { status: 413, title: 'Quota exceeded' },
  'not-found': { status: 404, title: 'Not found' },
  'unknown-reference': { status: 400, title: 'Invalid file' },
  'upload-unknown': { status: 404, title: 'Not found' },
  'upload-offset': { status: 409, title: 'Conflict' },
  'method-not-allowed': { status: 405, title: 'Method not possible here' },
  'version-exists': { status: 409, title: 'Already released' },
  'version-removed': { status: 409, title: 'Already released and removed' },
  'tag-fixed': { status: 409, title: 'Conflict' },
  'tag-guarded': { status: 409, title: 'Conflict' },
  conflict: { status: 409, title: 'Conflict' },
  'precondition-failed': { status: 412, title: 'Precondition failed' },
  'range-not-satisfiable': { status: 416, title: 'Range not satisfiable' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  timeout: { status: 408, title: 'Too slow' },
  'read-only': { status: 503, title: 'Read-only' },
  unavailable: { status: 503, title: 'Unavailable' },
  'storage-full': { status: 507, title: 'Storage full' },
  internal: { status: 500, title: 'Internal error' },
};

/**
 * On other statuses a problem document breaks Maven: current resolvers then no longer see "not found" in a 404, "start again" in a 412 or 416,
 * and neither fall through to the next repository nor restart (resolver's `HttpTransporter.classify`).
 */
const problemStatuses = new Set([400, 401, 403, 405, 409, 413, 422, 429]);

/**
 * Maven up to 3.8 and Gradle print the reason phrase; Maven from 3.9.11 on prints `title` and `detail` of the problem document that it asks
 * for. 412 and 416 have an empty body.
 */
export function renderError(failure: Failure, request: FailedRequest): WireAnswer {
  const { status, title } = wire[failure.code];
  const reason = reasonPhrase(failure.message);
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' };
  if (status === 401) headers['WWW-Authenticate'] = challenge;
  const { sizeBytes } = failure.details;
  if (status === 416 && typeof sizeBytes === 'number') headers['Content-Range'] = `bytes */${sizeBytes}`;
  if (status === 412 || status === 416) return { status, headers, body: '', reason };
  if (request.method !== 'HEAD' && mayBeProblem(status) && acceptsProblem(request.headers['accept'])) {
    // Without a charset: resolver 1.9.24 to 1.9.27 compares the header literally.
    headers['Content-Type'] = 'application/problem+json';
    const problem = {
      type: `urn:larder:problem:${failure.code}`,
      title,
      status,
      detail: failure.message,
      instance: `urn:larder:request:${failure.requestId}`,
      code: failure.code,
      decisionId: failure.decisionId,
    };
    return { status, headers, body: JSON.stringify(problem), reason };
  }
  headers['Content-Type'] = 'text/plain; charset=utf-8';
  return { status, headers, body: `${failure.message}\n`, reason };
}

function mayBeProblem(status: number): boolean {
  return problemStatuses.has(status) || status >= 500;
}

function acceptsProblem(accept: string | string[] | undefined): boolean {
  const text = Array.isArray(accept) ? accept.join(',') : (accept ?? '');
  return text.split(',').some(range => range.split(';', 1)[0]!.trim().toLowerCase() === 'application/problem+json');
}

/** One line of printable Latin-1, at most 200 characters, without the full stop that reads oddly after a status. */
function reasonPhrase(message: string): string {
  const line = message.replace(/[^\u0021-\u007e\u00a1-\u00ff]+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 197)}...` : line.replace(/\.$/, '');
}
