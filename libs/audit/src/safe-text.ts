// Control characters are what this expression is for: C0, DEL, C1 and the two separators that end a line in JavaScript.
// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
// Our own tokens, and anything shaped like a JWT: some clients put the secret into the path (npm's token removal).
const secretPattern = /ldr_[A-Za-z]+_[0-9A-Za-z]+|eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/**
 * Text from outside, fit for a log line, a terminal and PostgreSQL: control characters are written as `\u001b`, lone surrogates are
 * replaced, and it is cut at `maxCharacters`.
 */
export function printable(text: string, maxCharacters: number): string {
  const cut = text.length > maxCharacters ? text.slice(0, maxCharacters) : text;
  return cut.toWellFormed().replace(controlCharacter, escapeCharacter).slice(0, maxCharacters);
}

/** Path and names of the query, without the query's values: they may be secrets. Secrets known by their form are cut from the path, too. */
export function withoutQueryValues(url: string): string {
  const [path = '', ...rest] = url.split('?');
  if (rest.length === 0) return withoutSecrets(path);
  const names = rest
    .join('?')
    .split('&')
    .filter(part => part !== '')
    .slice(0, 50)
    .map(part => (part.includes('=') ? `${part.slice(0, part.indexOf('='))}=` : part));
  return withoutSecrets(`${path}?${names.join('&')}`);
}

export function withoutSecrets(text: string): string {
  return text.replace(secretPattern, '[removed]');
}

/**
 * A copy that PostgreSQL's jsonb takes: no NUL and no lone surrogate in a text or a key, each text at most `maxCharacters`, at most ten levels
 * deep. Dates become RFC 3339, bigints decimal text; functions and undefined are left out.
 */
export function jsonSafe(value: unknown, maxCharacters: number, depth = 0): unknown {
  if (typeof value === 'string') return printable(value, maxCharacters);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object') return undefined;
  if (value instanceof Date) return value.toISOString();
  if (depth >= 10) return '[deeper]';
  if (Array.isArray(value)) return value.map(item => jsonSafe(item, maxCharacters, depth + 1) ?? null);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [printable(key, 200), jsonSafe(item, maxCharacters, depth + 1)]),
  );
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
