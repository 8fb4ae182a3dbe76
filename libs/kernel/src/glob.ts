/**
 * Linear-time patterns for names and tags: `*` is any run of characters, `?` one character, everything else is itself.
 * `*` crosses slashes on purpose: `team/*` covers the whole namespace. No user regex ever reaches a regex engine.
 */
export interface Glob {
  readonly pattern: string;
  matches(text: string): boolean;
}

/** Compiles a pattern. Matching is O(pattern × text) at worst, without backtracking over more than one star. */
export function compileGlob(pattern: string): Glob {
  if (pattern === '*') return { pattern, matches: () => true };
  if (!pattern.includes('*') && !pattern.includes('?')) return { pattern, matches: text => text === pattern };
  return { pattern, matches: text => matchGlob(pattern, text) };
}

/** The two-pointer algorithm: on a mismatch only the last star is extended by one character. */
function matchGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let starText = 0;
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === '?' || (pattern[p] === text[t] && pattern[p] !== '*'))) {
      p++;
      t++;
    } else if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      starText = t;
    } else if (star !== -1) {
      p = star + 1;
      t = ++starText;
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern[p] === '*') p++;
  return p === pattern.length;
}
