import { z } from 'zod';
import type { ErrorCode } from '#kernel';
import { statusOf, type Failure } from '#registry';

/** What each refusal and failure is called in a problem document. The compiler asks for every code. */
export const problemTitles: Record<ErrorCode, string> = {
  'invalid-request': 'The request is not valid',
  'invalid-name': 'The name is not valid',
  'invalid-version': 'The version is not valid',
  'invalid-tag': 'The tag is not valid',
  'invalid-package': 'The package is not valid',
  'invalid-digest': 'The digest is not valid',
  'digest-mismatch': 'The digest does not match the bytes',
  'size-mismatch': 'The size does not match the bytes',
  'too-large': 'The request is too large',
  'unsupported-media-type': 'The media type is not supported',
  unauthenticated: 'Credentials are needed',
  'invalid-credentials': 'The credentials are not valid',
  forbidden: 'The right for this is missing',
  'policy-denied': 'A policy forbids this',
  quarantined: 'The version is quarantined',
  'quota-exceeded': 'The quota is used up',
  'not-found': 'There is no such thing',
  'unknown-reference': 'Something that is referred to is missing',
  'upload-unknown': 'There is no such upload',
  'upload-offset': 'The upload is at another offset',
  'method-not-allowed': 'The method is not allowed here',
  'version-exists': 'The version exists already',
  'version-removed': 'The version was removed and its name stays taken',
  'tag-fixed': 'The tag is fixed',
  'tag-guarded': 'The tag is guarded',
  conflict: 'The request conflicts with what is there',
  'precondition-failed': 'The thing was changed meanwhile',
  'range-not-satisfiable': 'The range cannot be satisfied',
  'rate-limited': 'Too many requests',
  timeout: 'The request took too long',
  'read-only': 'Nothing can be changed at present',
  unavailable: 'The server is not available at present',
  'storage-full': 'The storage is full',
  internal: 'The server failed',
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

/** The document of a refusal or failure. `type` is relative, so it works behind any public address. */
export function renderProblem(failure: Failure, instance: string): Problem {
  const { code, decisionId, requestId } = failure;
  const { errors, ...details } = failure.details;
  return {
    type: `/api/v1/problems/${code}`,
    title: problemTitles[code],
    status: statusOf(code),
    detail: failure.message,
    instance,
    code,
    requestId,
    decisionId,
    ...(Array.isArray(errors) ? { errors: errors as Problem['errors'] } : {}),
    ...(Object.keys(details).length > 0 ? { details } : {}),
  };
}
