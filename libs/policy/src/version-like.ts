// `1.4.0`, `v2.1`, `2026.11`, `1.0.0-rc.1+x`, `1.0.0rc1`, `5.3.0.Final`, `1.4.0-alpine`. Each alternative begins with a character
// that the part before it cannot take, so matching is linear.
const versionPattern = /^[vV]?\d+(?:\.\d+)+(?:[-+_][\w.+-]*|\.?[A-Za-z][\w.+-]*)?$/;
// `1.2.x` names a line of releases, which moves by intention.
const wildcardPart = /\.[xX](?:[-+_.]|$)/;

/**
 * What the word `@version` in a tag rule stands for: two or more numbers with dots, an optional `v` before and an optional suffix behind.
 * A single number (`1`, `v1`, `1-alpine`) is the usual name of "the newest 1.x", a moving tag, and does not match; nor do words
 * (`latest`, `main`), dates with dashes, or `1.2.x`.
 */
export function looksLikeVersion(tag: string): boolean {
  return versionPattern.test(tag) && !wildcardPart.test(tag);
}
