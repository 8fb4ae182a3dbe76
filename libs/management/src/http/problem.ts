import { z } from 'zod';
import type { ErrorCode } from '#kernel';

interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** How each refusal and failure looks in the REST interface (RFC 9457). The compiler asks for every code. */
export const problemKinds: Record<ErrorCode, ProblemKind> = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'invalid-name': { status: 400, title: 'The name is not valid' },
  'invalid-version': { status: 400, title: 'The version is not valid' },
  'invalid-tag': { status: 400, title: 'The tag is not valid' },
  'invalid-package': { status: 400, title: 'The package is not valid' },
  'invalid-digest': { status: 400, title: 'The digest is not valid' },
  'digest-mismatch': { status: 400, title: 'The digest does not match the bytes' },
  'size-mismatch': { status: 400, title: 'The size does not match the bytes' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'The media type is not supported' },
  unauthenticated: { status: 401, title: 'Credentials are needed' },
  'invalid-credentials': { status: 401, title: 'The credentials are not valid' },
  forbidden: { status: 403, title: 'The right for this is missing' },
  'policy-denied': { status: 403, title: 'A policy forbids this' },
  quarantined: { status: 403, title: 'The version is quarantined' },
  'quota-exceeded': { status: 403, title: 'The quota is used up' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'unknown-reference': { status: 404, title: 'Something that is referred to is missing' },
  'upload-unknown': { status: 404, title: 'There is no such upload' },
  'upload-offset': { status: 416, title: 'The upload is at another offset' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'version-exists': { status: 409, title: 'The version exists already' },
  'version-removed': { status: 409, title: 'The version was removed and its name stays taken' },
  'tag-fixed': { status: 409, title: 'The tag is fixed' },
  'tag-guarded': { status: 403, title: 'The tag is guarded' },
  conflict: { status: 409, title: 'The request conflicts with what is there' },
  'precondition-failed': { status: 412, title: 'The thing was changed meanwhile' },
  'range-not-satisfiable': { status: 416, title: 'The range cannot be satisfied' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  timeout: { status: 408, title: 'The request took too long' },
  'read-only': { status: 503, title: 'Nothing can be changed at present' },
  unavailable: { status: 503, title: 'The server is not available at present' },
  'storage-full': { status: 507, title: 'The storage is full' },
  internal: { status: 500, title: 'The server failed' },
};

export const problemSchema = z
  .strictObject({
    type: z.string().meta({ description: 'Address of a description of this kind of problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().meta({ description: 'Stable word for programs.' }),
    requestId: z.string(),
    decisionId: z.string().meta({ description: 'For `GET /api/v1/decisions/{id}`, which explains the refusal.' }),
    errors: z
      .array(
        z.strictObject({ in: z.enum(['body', 'query']), pointer: z.string(), code: z.string(), detail: z.string() }),
      )
      .optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof problemSchema>;

export interface ProblemFacts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** Path of the request, without its query. */
  readonly instance: string;
  readonly requestId: string;
  readonly decisionId: string;
}

/** The document of a refusal or failure. `type` is relative, so it works behind any public address. */
export function renderProblem(facts: ProblemFacts): Problem {
  const kind = problemKinds[facts.code];
  const { errors, ...details } = facts.details;
  return {
    type: `/api/v1/problems/${facts.code}`,
    title: kind.title,
    status: kind.status,
    detail: facts.message,
    instance: facts.instance,
    code: facts.code,
    requestId: facts.requestId,
    decisionId: facts.decisionId,
    ...(Array.isArray(errors) ? { errors: errors as Problem['errors'] } : {}),
    ...(Object.keys(details).length > 0 ? { details } : {}),
  };
}
