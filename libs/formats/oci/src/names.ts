import { LarderError } from '#kernel';
import { ociError } from './oci-error.js';

/** Algorithms that a client may name content with. Both are computed over the stored bytes; sha256 always is. */
export const digestAlgorithms = ['sha256', 'sha512'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

/** A digest as the client wrote it: `text` is exactly what goes back in `Docker-Content-Digest`. */
export interface ContentDigest {
  readonly text: string;
  readonly algorithm: DigestAlgorithm;
  readonly hex: string;
}

/** The last part of a manifest URL: a movable tag, or a digest. Whatever holds a colon is meant as a digest. */
export type Reference = { readonly tag: string } | { readonly digest: ContentDigest };

// Distribution specification, "Pulling manifests". Each component is matched on its own, so that the expression stays linear.
const nameComponent = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
// Image specification, descriptor.md.
const digestPattern = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)$/;
const hexLength: Record<DigestAlgorithm, number> = { sha256: 64, sha512: 128 };
const lowerHex = /^[a-f0-9]+$/;

/** The limit that clients put on `host/name`; the server counts the name alone. */
const maxNameLength = 255;

/** @throws not-found for no name at all, invalid-name unless the parts make an image name of the distribution specification, at most 255 characters together. */
export function parseImageName(parts: readonly string[]): string {
  const name = parts.join('/');
  if (name === '') {
    // Not an invalid name to clients: docker would push every layer five times before it prints the reason.
    throw ociError('not-found', 'NAME_UNKNOWN', 'There is no repository in this image name.');
  }
  if (name.length > maxNameLength) {
    throw new LarderError('invalid-name', `The image name is longer than ${maxNameLength} characters.`);
  }
  if (!parts.every(part => nameComponent.test(part))) {
    const why = /[A-Z]/.test(name)
      ? 'it must be lower case'
      : 'use lower-case letters and digits with single . _ or - between them';
    throw new LarderError('invalid-name', `"${name}" is not an image name: ${why}.`);
  }
  return name;
}

export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/** @throws invalid-tag */
export function parseTag(text: string): string {
  if (!isTag(text)) {
    throw new LarderError(
      'invalid-tag',
      `"${text.slice(0, 140)}" is not a tag: use letters, digits, dot, dash and underscore, at most 128, not beginning with a dot or dash.`,
    );
  }
  return text;
}

/** The digest that the text is, or undefined when it is malformed or of another algorithm. */
export function digestOf(text: string): ContentDigest | undefined {
  const [, algorithm, hex = ''] = digestPattern.exec(text.length > 256 ? '' : text) ?? [];
  if (!isDigestAlgorithm(algorithm) || hex.length !== hexLength[algorithm] || !lowerHex.test(hex)) return undefined;
  return { text, algorithm, hex };
}

/** @throws invalid-digest for a malformed digest, upper-case hex, or an algorithm other than sha256 and sha512. */
export function parseContentDigest(text: string): ContentDigest {
  const digest = digestOf(text);
  if (digest) return digest;
  const [, algorithm] = digestPattern.exec(text.slice(0, 256)) ?? [];
  throw new LarderError(
    'invalid-digest',
    algorithm !== undefined && !isDigestAlgorithm(algorithm)
      ? `Digests of the algorithm ${algorithm} are not supported; use sha256 or sha512.`
      : `"${text.slice(0, 150)}" is not a digest: it must be sha256: with 64 or sha512: with 128 lower-case hex digits.`,
  );
}

export function isDigestAlgorithm(text: string | undefined): text is DigestAlgorithm {
  return text === 'sha256' || text === 'sha512';
}

/** @throws invalid-digest, invalid-tag */
export function parseReference(text: string): Reference {
  return text.includes(':') ? { digest: parseContentDigest(text) } : { tag: parseTag(text) };
}

export function referenceText(reference: Reference): string {
  return 'tag' in reference ? reference.tag : reference.digest.text;
}

/** Path of a blob's link below the repository. */
export function blobPath(image: string, digest: string): string {
  return `${image}/blobs/${digest}`;
}

/** Path of a manifest's bytes below the repository. */
export function manifestPath(image: string, digest: string): string {
  return `${image}/manifests/${digest}`;
}

/**
 * The tag under which clients of registries without the referrers API keep the list of referrers of a digest
 * (distribution specification, "Referrers Tag Schema"): algorithm cut at 32 and hex cut at 64 characters.
 */
export function fallbackTagOf(digest: ContentDigest): string {
  return `${digest.algorithm}-${digest.hex.slice(0, 64)}`;
}
