import { LarderError, type ErrorCode } from '#kernel';

/** Codes of the distribution specification, with `RANGE_INVALID`, `TAG_INVALID` and the others that clients know from older registries. */
export const ociErrorCodes = [
  'BLOB_UNKNOWN',
  'BLOB_UPLOAD_UNKNOWN',
  'BLOB_UPLOAD_INVALID',
  'RANGE_INVALID',
  'DIGEST_INVALID',
  'SIZE_INVALID',
  'MANIFEST_UNKNOWN',
  'MANIFEST_INVALID',
  'MANIFEST_BLOB_UNKNOWN',
  'NAME_INVALID',
  'NAME_UNKNOWN',
  'PAGINATION_NUMBER_INVALID',
  'TAG_INVALID',
  'UNAUTHORIZED',
  'DENIED',
  'UNSUPPORTED',
  'TOOMANYREQUESTS',
  'UNKNOWN',
  'UNAVAILABLE',
] as const;
export type OciErrorCode = (typeof ociErrorCodes)[number];

/** One object that a manifest needs and that its image does not have. */
export interface MissingObject {
  readonly digest: string;
  readonly relation: string;
}

/**
 * The protocol has finer words than the product: a missing blob and a missing manifest are both `not-found`. The word travels in the
 * error's details under `ociCode` and never changes the status.
 */
export function ociError(
  code: ErrorCode,
  ociCode: OciErrorCode,
  message: string,
  details: Record<string, unknown> = {},
): LarderError {
  return new LarderError(code, message, { details: { ...details, ociCode } });
}

export function blobUnknown(image: string, digest: string): LarderError {
  return ociError('not-found', 'BLOB_UNKNOWN', `The image ${image} has no blob ${digest}.`, { digest });
}

export function manifestUnknown(image: string, reference: string): LarderError {
  return ociError('not-found', 'MANIFEST_UNKNOWN', `The image ${image} has no manifest ${reference}.`, { reference });
}

export function imageUnknown(image: string): LarderError {
  return ociError('not-found', 'NAME_UNKNOWN', `There is no image ${image} here.`, { image });
}

export function manifestInvalid(message: string, details: Record<string, unknown> = {}): LarderError {
  return ociError('invalid-package', 'MANIFEST_INVALID', message, details);
}

/** One entry for each missing object goes into the answer's `errors`. */
export function manifestBlobUnknown(missing: readonly MissingObject[]): LarderError {
  const listed = missing.slice(0, 3).map(object => `${object.relation} ${object.digest}`);
  const more = missing.length > listed.length ? ` and ${missing.length - listed.length} more` : '';
  return ociError(
    'unknown-reference',
    'MANIFEST_BLOB_UNKNOWN',
    `The manifest names content that this image does not have: ${listed.join(', ')}${more}. Push it first.`,
    { missing },
  );
}
