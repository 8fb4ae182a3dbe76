/**
 * Maven's order of versions, as Maven Resolver's generic version scheme defines it: words such as `rc` and `snapshot` sort before the release,
 * numbers by value, `1.0` equals `1`. Only the server's own metadata needs it: Gradle and Ivy sort on the client, by other rules.
 */
type Token =
  | { readonly kind: 'min' | 'max' }
  | { readonly kind: 'qualifier'; readonly rank: number }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'bigint'; readonly value: bigint };

/** Kinds in ascending order; tokens of different kinds compare by it. */
const kindOrder: Record<Token['kind'], number> = { min: 0, qualifier: 2, string: 3, int: 4, bigint: 5, max: 8 };

const qualifierRanks = new Map<string, number>([
  ['alpha', -5],
  ['beta', -4],
  ['milestone', -3],
  ['rc', -2],
  ['cr', -2],
  ['snapshot', -1],
  ['ga', 0],
  ['final', 0],
  ['release', 0],
  ['sp', 1],
]);
/** Only directly before a digit: `1-a1` is `1-alpha-1`, but `1.a` is a word. */
const shortQualifiers = new Map([
  ['a', 'alpha'],
  ['b', 'beta'],
  ['m', 'milestone'],
]);

/** Numbers of ten digits and more count as big. */
const bigDigits = 10;

export interface ParsedVersion {
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** Reads a version for comparing. Any text is a version. Linear in its length. */
export function parseVersion(text: string): ParsedVersion {
  return { text, tokens: trimPadding(tokenize(text)) };
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b` to Maven. */
export function compareVersions(a: ParsedVersion, b: ParsedVersion): number {
  let lastWasNumber = true;
  for (let i = 0; ; i++) {
    const x = a.tokens[i];
    const y = b.tokens[i];
    if (x === undefined && y === undefined) return 0;
    if (x === undefined) return -comparePadding(b.tokens, i, undefined);
    if (y === undefined) return comparePadding(a.tokens, i, undefined);
    if (isNumber(x) !== isNumber(y)) {
      if (i === 0) return compareTokens(x, y);
      return lastWasNumber === isNumber(x)
        ? comparePadding(a.tokens, i, lastWasNumber)
        : -comparePadding(b.tokens, i, lastWasNumber);
    }
    const difference = compareTokens(x, y);
    if (difference !== 0) return difference;
    lastWasNumber = isNumber(x);
  }
}

/** Ascending in Maven's order; versions that Maven calls equal (`1`, `1.0`) by code units, so that equal sets give equal bytes. */
export function sortVersions(texts: Iterable<string>): string[] {
  const parsed = Array.from(texts, parseVersion);
  parsed.sort((a, b) => compareVersions(a, b) || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return parsed.map(version => version.text);
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let start = 0;
  while (start < text.length) {
    const end = endOfToken(text, start);
    const delimited = end < text.length && isDelimiter(text[end]!);
    const next = delimited ? end + 1 : end;
    tokens.push(tokenOf(text.slice(start, end), next >= text.length, !delimited && end < text.length));
    start = next;
  }
  return tokens;
}

function endOfToken(text: string, start: number): number {
  let end = start;
  while (
    end < text.length &&
    !isDelimiter(text[end]!) &&
    (end === start || isDigit(text[end]!) === isDigit(text[start]!))
  )
    end++;
  return end;
}

function tokenOf(raw: string, last: boolean, changesKind: boolean): Token {
  if (raw === '') return { kind: 'int', value: 0 };
  if (isDigit(raw[0]!)) {
    const digits = raw.replace(/^0+(?=.)/, '');
    return digits.length < bigDigits
      ? { kind: 'int', value: Number(digits) }
      : { kind: 'bigint', value: BigInt(digits) };
  }
  const word = raw.toLowerCase();
  if (last && (word === 'min' || word === 'max')) return { kind: word };
  const name = changesKind ? (shortQualifiers.get(word) ?? word) : word;
  const rank = qualifierRanks.get(name);
  return rank === undefined ? { kind: 'string', text: word } : { kind: 'qualifier', rank };
}

/** Drops tokens that mean nothing at the end, and at the end of each run of numbers or words. */
function trimPadding(tokens: Token[]): Token[] {
  let end = tokens.length - 1;
  let run: boolean | undefined;
  for (let i = end; i > 0; i--) {
    const token = tokens[i]!;
    if (isNumber(token) !== run) {
      end = i;
      run = isNumber(token);
    }
    const atEnd = i === tokens.length - 1 || isNumber(tokens[i - 1]!) === isNumber(token);
    if (end === i && atEnd && compareToNothing(token) === 0) {
      tokens.splice(i, 1);
      end--;
    }
  }
  return tokens;
}

function comparePadding(tokens: readonly Token[], from: number, onlyNumbers: boolean | undefined): number {
  for (const token of tokens.slice(from)) {
    if (onlyNumbers !== undefined && onlyNumbers !== isNumber(token)) return 0;
    const difference = compareToNothing(token);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareToNothing(token: Token): number {
  switch (token.kind) {
    case 'min':
      return -1;
    case 'int':
      return token.value;
    case 'qualifier':
      return token.rank;
    default:
      return 1;
  }
}

function compareTokens(a: Token, b: Token): number {
  if (a.kind === 'int' && b.kind === 'int') return a.value - b.value;
  if (a.kind === 'qualifier' && b.kind === 'qualifier') return a.rank - b.rank;
  if (a.kind === 'bigint' && b.kind === 'bigint') return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
  if (a.kind === 'string' && b.kind === 'string') return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
  return kindOrder[a.kind] - kindOrder[b.kind];
}

/** `min` and `max` stand in for numbers at the end of a version. */
function isNumber(token: Token): boolean {
  return token.kind !== 'qualifier' && token.kind !== 'string';
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

function isDelimiter(character: string): boolean {
  return character === '.' || character === '-' || character === '_';
}
