import { checksumName } from './checksum-text.js';
import { checksumAlgorithms, type ChecksumAlgorithm } from './coordinates.js';

export type ExpectedChecksums = Partial<Record<ChecksumAlgorithm, string>>;

/**
 * Compares computed checksums with what a client announced.
 * @returns a sentence about the first that differs, undefined when all agree.
 */
export function checksumDifference(
  path: string,
  expected: ExpectedChecksums,
  computed: ExpectedChecksums,
): string | undefined {
  const file = path.slice(path.lastIndexOf('/') + 1);
  for (const algorithm of checksumAlgorithms) {
    const wanted = expected[algorithm];
    if (wanted !== undefined && wanted !== computed[algorithm]) {
      return `${checksumName(algorithm)} mismatch for ${file}: received ${wanted.slice(0, 128)}, computed ${computed[algorithm] ?? 'none'}. Deploy the file again.`;
    }
  }
  return undefined;
}

/** `X-Checksum-Sha1` and its siblings on the upload of a file: sent by clients that know the digests beforehand. */
export function announcedChecksums(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): ExpectedChecksums {
  const announced: ExpectedChecksums = {};
  for (const algorithm of checksumAlgorithms) {
    const value = headers[`x-checksum-${algorithm}`];
    if (typeof value === 'string' && value.trim() !== '') announced[algorithm] = value.trim().toLowerCase();
  }
  return announced;
}

/** The four headers by which newer clients spare themselves the request for the checksum. */
export function checksumHeaders(checksums: ExpectedChecksums): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const algorithm of checksumAlgorithms) {
    const value = checksums[algorithm];
    if (value !== undefined) headers[`X-Checksum-${algorithm.toUpperCase()}`] = value;
  }
  return headers;
}
