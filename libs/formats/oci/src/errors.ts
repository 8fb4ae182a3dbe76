import type { ErrorCode } from '#kernel';
import type { FailedRequest, Failure, WireAnswer } from '#registry';
import { challengeOf, placeOf } from './challenge.js';
import type { MissingObject, OciErrorCode } from './oci-error.js';
import { commonHeaders, uploadRange } from './wire.js';

interface Wire {
  readonly status: number;
  /** Used unless the error brings a finer word in `details.ociCode`. */
  readonly code: OciErrorCode;
}

/**
 * How each refusal looks in this protocol. Clients decide about repetition by these words: the classic docker daemon pushes a whole layer up to five
 * times unless it reads `UNAUTHORIZED`, `UNSUPPORTED`, `DENIED`, `TOOMANYREQUESTS` or `NAME_UNKNOWN`, so a lasting refusal must be one of them.
 */
export const wire: Record<ErrorCode, Wire> = {
  'invalid-request': { status: 400, code: 'NAME_INVALID' },
  'invalid-name': { status: 400, code: 'NAME_INVALID' },
  'invalid-version': { status: 400, code: 'MANIFEST_INVALID' },
  'invalid-tag': { status: 400, code: 'TAG_INVALID' },
  'invalid-package': { status: 400, code: 'MANIFEST_INVALID' },
  'invalid-digest': { status: 400, code: 'DIGEST_INVALID' },
  'digest-mismatch': { status: 400, code: 'DIGEST_INVALID' },
  'size-mismatch': { status: 400, code: 'SIZE_INVALID' },
  'too-large': { status: 413, code: 'SIZE_INVALID' },
  'unsupported-media-type': { status: 400, code: 'MANIFEST_INVALID' },
  unauthenticated: { status: 401, code: 'UNAUTHORIZED' },
  'invalid-credentials': { status: 401, code: 'UNAUTHORIZED' },
  forbidden: { status: 403, code: 'DENIED' },
  'policy-denied': { status: 403, code: 'DENIED' },
  quarantined: { status: 403, code: 'DENIED' },
  'quota-exceeded': { status: 403, code: 'DENIED' },
  'not-found': { status: 404, code: 'NAME_UNKNOWN' },
  'unknown-reference': { status: 400, code: 'MANIFEST_BLOB_UNKNOWN' },
  'upload-unknown': { status: 404, code: 'BLOB_UPLOAD_UNKNOWN' },
  'upload-offset': { status: 416, code: 'RANGE_INVALID' },
  'method-not-allowed': { status: 405, code: 'UNSUPPORTED' },
  'version-exists': { status: 409, code: 'DENIED' },
  'version-removed': { status: 409, code: 'DENIED' },
  'tag-fixed': { status: 409, code: 'DENIED' },
  'tag-guarded': { status: 403, code: 'DENIED' },
  conflict: { status: 409, code: 'DENIED' },
  'precondition-failed': { status: 412, code: 'DENIED' },
  'range-not-satisfiable': { status: 416, code: 'RANGE_INVALID' },
  'rate-limited': { status: 429, code: 'TOOMANYREQUESTS' },
  timeout: { status: 408, code: 'UNKNOWN' },
  'read-only': { status: 403, code: 'DENIED' },
  unavailable: { status: 503, code: 'UNAVAILABLE' },
  'storage-full': { status: 507, code: 'UNAVAILABLE' },
  internal: { status: 500, code: 'UNKNOWN' },
};

interface WireError {
  readonly code: OciErrorCode;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Every refusal in the words of the distribution specification ("Error Codes"); always JSON, because dockerd prints nothing else in a readable way. */
export function renderError(failure: Failure, request: FailedRequest): WireAnswer {
  const { resource } = placeOf(request.url);
  const errors = wireErrors(failure, request);
  const body = resource === 'token' ? { ...oauthError(failure), errors } : { errors };
  return {
    status: statusOf(failure, errors),
    headers: {
      ...commonHeaders,
      'Content-Type': 'application/json',
      ...challengeHeader(failure, request),
      ...rangeHeaders(failure, request),
    },
    body: JSON.stringify(body),
  };
}

function statusOf(failure: Failure, errors: readonly WireError[]): number {
  // Too many `?tag=` parameters: the specification names 414 for them.
  if (failure.code === 'too-large' && errors[0]?.code === 'TAG_INVALID') return 414;
  return wire[failure.code].status;
}

function wireErrors(failure: Failure, request: FailedRequest): WireError[] {
  const {
    ociCode,
    missing,
    oauthError: _,
    ...details
  } = failure.details as {
    ociCode?: OciErrorCode;
    missing?: readonly MissingObject[];
    oauthError?: string;
  } & Record<string, unknown>;
  const code = ociCode ?? wire[failure.code].code;
  const detail = { ...details, decisionId: failure.decisionId, requestId: failure.requestId };
  if (missing && missing.length > 0) {
    return missing.map(object => ({ code, message: failure.message, detail: { ...detail, ...object } }));
  }
  if (failure.code === 'tag-fixed') return [fixedTag(failure, request, detail)];
  return [{ code, message: messageOf(failure, request, code), detail }];
}

/** kaniko's `--push-ignore-immutable-tag-errors` looks for the words "cannot be overwritten because the tag is immutable". */
function fixedTag(failure: Failure, request: FailedRequest, detail: Record<string, unknown>): WireError {
  const tag = typeof failure.details['tag'] === 'string' ? failure.details['tag'] : request.target?.tag;
  const name = placeOf(request.url).name ?? request.target?.package ?? '';
  const phrase =
    request.method === 'DELETE' || tag === undefined
      ? ''
      : `The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable. `;
  return {
    code: 'DENIED',
    message: phrase + failure.message,
    detail: { ...detail, reason: 'TAG_IMMUTABLE', ...(tag && { tag }) },
  };
}

function messageOf(failure: Failure, request: FailedRequest, code: OciErrorCode): string {
  // `docker push host/app:1.0` is the commonest mistake: there is no repository in it.
  const { name } = placeOf(request.url);
  if (code === 'NAME_UNKNOWN' && name !== undefined && !name.includes('/')) {
    return `${failure.message} Image names here have the form <repository>/<image>, for example docker-hosted/${name}.`;
  }
  return failure.message;
}

function challengeHeader(failure: Failure, request: FailedRequest): Record<string, string> {
  if (failure.code !== 'unauthenticated' && failure.code !== 'invalid-credentials') return {};
  if (placeOf(request.url).resource === 'token')
    return { 'WWW-Authenticate': `Basic realm="${request.origin}/v2/_token"` };
  return { 'WWW-Authenticate': challengeOf(request, failure.code) };
}

/** Where an upload stands, so that a client may go on from there (regclient does). */
function rangeHeaders(failure: Failure, request: FailedRequest): Record<string, string> {
  if (failure.code === 'range-not-satisfiable' && typeof failure.details['sizeBytes'] === 'number') {
    return { 'Content-Range': `bytes */${failure.details['sizeBytes']}` };
  }
  if (failure.code === 'upload-offset' && typeof failure.details['offsetBytes'] === 'number') {
    return { Location: request.url.split('?', 1)[0]!, Range: uploadRange(failure.details['offsetBytes']) };
  }
  return {};
}

/** RFC 6749 section 5.2, for clients that log in with POST. */
function oauthError(failure: Failure): Record<string, string> {
  const own = failure.details['oauthError'];
  const error = typeof own === 'string' ? own : wire[failure.code].status === 401 ? 'invalid_grant' : 'invalid_request';
  return { error, error_description: failure.message };
}
