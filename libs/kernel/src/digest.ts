import { LarderError } from './errors.js';

/** Hash algorithms that Larder computes over stored bytes. `sha256` is the identity of a blob; the rest are facts about it. */
export const hashAlgorithms = ['sha256', 'sha512', 'sha1', 'md5', 'blake2b512'] as const;
export type HashAlgorithm = (typeof hashAlgorithms)[number];

/** Hex digests by algorithm, lower case, without prefix. */
export type Checksums = Partial<Record<HashAlgorithm, string>>;

/** `sha256:` and 64 lower-case hex digits: the identity of bytes in the whole product. */
export type Digest = `sha256:${string}` & { readonly __digest: true };

const sha256Digest = /^sha256:[a-f0-9]{64}$/;
const hexLength: Record<HashAlgorithm, number> = { sha256: 64, sha512: 128, sha1: 40, md5: 32, blake2b512: 128 };

/** @throws invalid-digest unless the text is `sha256:` + 64 lower-case hex digits. */
export function parseDigest(text: string): Digest {
  if (!sha256Digest.test(text)) {
    throw new LarderError(
      'invalid-digest',
      `"${text.slice(0, 100)}" is not a digest; it must be sha256: and 64 lower-case hex digits.`,
    );
  }
  return text as Digest;
}

export function digestOfHex(hex: string): Digest {
  return parseDigest(`sha256:${hex}`);
}

/** The 64 hex digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** True when the text is a well-formed lower-case hex digest of that algorithm. */
export function isHexDigest(algorithm: HashAlgorithm, hex: string): boolean {
  return hex.length === hexLength[algorithm] && /^[a-f0-9]+$/.test(hex);
}
