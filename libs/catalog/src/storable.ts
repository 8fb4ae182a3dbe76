/** An escape in JSON text: a pair of backslashes, NUL, a surrogate (which JSON.stringify escapes only when it stands alone), or any other. */
const escape = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|[^])/g;

/**
 * JSON that PostgreSQL's jsonb takes: NUL and lone surrogates, which it refuses, become U+FFFD, in keys too. What is described here comes from published
 * artifacts; their bytes keep what they have.
 */
export function toJsonb(value: unknown): string {
  return JSON.stringify(value).replace(escape, found => (found.length > 2 ? '\ufffd' : found));
}

/** Text that a column takes; see `toJsonb`. */
export function toText(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}
