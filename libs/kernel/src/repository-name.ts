import { LarderError } from './errors.js';

const pattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const lowerCasePattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/**
 * Checks a repository name: `[A-Za-z0-9][A-Za-z0-9._-]{0,62}`, and for formats whose names stand in an image reference the
 * OCI name component (lower case). Uniqueness without regard to case is the database's business.
 * @throws invalid-name
 */
export function parseRepositoryName(text: string, options: { lowerCaseOnly?: boolean } = {}): string {
  if (!pattern.test(text) || (options.lowerCaseOnly && !lowerCasePattern.test(text))) {
    throw new LarderError(
      'invalid-name',
      options.lowerCaseOnly
        ? `"${text.slice(0, 80)}" cannot name an image repository; use lower-case letters, digits and single . _ - between them, at most 63.`
        : `"${text.slice(0, 80)}" cannot name a repository; use letters, digits, dot, dash and underscore, at most 63, beginning with a letter or digit.`,
    );
  }
  return text;
}

export function looksLikeRepositoryName(text: string): boolean {
  return pattern.test(text);
}
