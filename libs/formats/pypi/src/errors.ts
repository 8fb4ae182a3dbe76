import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '#kernel';
import type { FailedRequest, Failure, WireAnswer } from '#registry';

/**
 * Status per code. pip asks for credentials on 401 only and takes 404 for "try elsewhere"; uv stops at 401 and 403. 400, 403 and 409 on an upload are
 * final for every client, 5xx is repeated.
 */
export const wire: Readonly<Record<ErrorCode, number>> = {
  'invalid-request': 400,
  'invalid-name': 400,
  'invalid-version': 400,
  'invalid-tag': 400,
  'invalid-package': 400,
  'invalid-digest': 400,
  'digest-mismatch': 400,
  'size-mismatch': 400,
  'too-large': 413,
  // Simple repository API: nothing acceptable is 406, never 300. An upload of another type is `invalid-request`.
  'unsupported-media-type': 406,
  unauthenticated: 401,
  'invalid-credentials': 401,
  forbidden: 403,
  'policy-denied': 403,
  quarantined: 403,
  'quota-exceeded': 403,
  'not-found': 404,
  'unknown-reference': 404,
  // The upload actions of older tools (`submit`, `doc_upload`), which are gone for good.
  'upload-unknown': 410,
  'upload-offset': 400,
  'method-not-allowed': 405,
  // twine before 6.2, poetry, pdm and maturin skip an existing file on 409, or on 400 with "already exist".
  'version-exists': 409,
  // Not 409: a file name that was used and removed must not look like one that is there.
  'version-removed': 400,
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

/**
 * The message stands in the body and in the reason phrase: twine prints only the latter, uv only the former. uv reads a JSON body, and only when its
 * type is exactly `application/json` and `code` is a string.
 */
export function renderError(failure: Failure, request: FailedRequest): WireAnswer {
  const status = wire[failure.code];
  const message = oneLine(failure.message);
  const headers: Record<string, string> = {
    vary: 'Accept, Accept-Encoding',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  if (status === 401) headers['www-authenticate'] = `Basic realm="${new URL(request.origin).host}"`;
  const { sizeBytes } = failure.details;
  if (status === 416 && typeof sizeBytes === 'number') {
    // poetry reads the size of a file out of this.
    headers['content-range'] = `bytes */${sizeBytes}`;
    headers['accept-ranges'] = 'bytes';
  }
  if (!wantsJson(request.headers['accept'])) {
    return {
      status,
      headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
      body: `${message}\n`,
      reason: asciiOnly(message),
    };
  }
  const body = JSON.stringify({ code: `${status} ${message}`, message, title: STATUS_CODES[status] });
  return { status, headers: { ...headers, 'content-type': 'application/json' }, body, reason: asciiOnly(message) };
}

/** JSON only for a client that names it: everything built on Python's requests sends a bare wildcard and shows text. */
function wantsJson(accept: string | string[] | undefined): boolean {
  return /(?:^|[\s,])application\/json(?![\w.+-])(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(String(accept ?? ''));
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}

function asciiOnly(message: string): string {
  return message.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
