import type { ChecksumAlgorithm } from './coordinates.js';

/** More than any of the known forms needs; the rest of an upload is not read. */
export const checksumFileLimitBytes = 4096;

const hexLength: Record<ChecksumAlgorithm, number> = { md5: 32, sha1: 40, sha256: 64, sha512: 128 };
const displayNames: Record<ChecksumAlgorithm, string> = {
  md5: 'MD5',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha512: 'SHA-512',
};

/** `SHA-1`, as people write it. */
export function checksumName(algorithm: ChecksumAlgorithm): string {
  return displayNames[algorithm];
}

/**
 * Reads the forms in which checksum files are written: bare hex, `hex  file`, `hex *file`, `MD5 (file) = hex`, and old Ant's
 * `file: HEX HEX HEX`. Upper case, a byte order mark and CRLF are accepted; only the first line counts.
 * @returns lower-case hex; undefined when the first line holds no value of that algorithm's length.
 */
export function parseChecksumText(text: string, algorithm: ChecksumAlgorithm): string | undefined {
  const line = text
    .replace(/^\uFEFF/, '')
    .split(/[\r\n]/, 1)[0]!
    .trim();
  const length = hexLength[algorithm];
  for (const candidate of candidates(line)) {
    if (candidate.length === length && /^[0-9a-f]+$/i.test(candidate)) return candidate.toLowerCase();
  }
  return undefined;
}

function candidates(line: string): string[] {
  const first = line.split(/\s/, 1)[0]!;
  const afterEquals = line.slice(line.lastIndexOf('=') + 1).trim();
  const afterColon = line.slice(line.lastIndexOf(':') + 1).replace(/\s/g, '');
  return [first, ...(line.includes('=') ? [afterEquals] : []), ...(line.includes(':') ? [afterColon] : [])];
}
