import { LarderError } from '#kernel';

/**
 * A version by the version specifiers specification (PEP 440). Numbers stay decimal text: calendar versions and build numbers
 * exceed what a double holds, and two versions must not become one by rounding.
 */
export interface Version {
  /** Normal form, as it is shown and stored: `1.0.0RC1` is `1.0.0rc1`. */
  readonly text: string;
  /** Identity: the normal form without trailing zeros of the release, so that `1.0` and `1.0.0` are one release. */
  readonly canonical: string;
  readonly epoch: string;
  readonly release: readonly string[];
  readonly pre: { readonly letter: 'a' | 'b' | 'rc'; readonly number: string } | undefined;
  readonly post: string | undefined;
  readonly dev: string | undefined;
  readonly local: readonly string[] | undefined;
}

const maxVersionLength = 128;

// The expression of appendix B of PEP 440, anchored.
const pattern = new RegExp(
  [
    '^\\s*v?',
    '(?:(?<epoch>[0-9]+)!)?(?<release>[0-9]+(?:\\.[0-9]+)*)',
    '(?<pre>[-_.]?(?<preLetter>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?<preNumber>[0-9]*))?',
    '(?<post>-(?<postBare>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?<postNumber>[0-9]*))?',
    '(?<dev>[-_.]?dev[-_.]?(?<devNumber>[0-9]*))?',
    '(?:\\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\\s*$',
  ].join(''),
  'i',
);

const preLetters: Readonly<Record<string, 'a' | 'b' | 'rc'>> = {
  a: 'a',
  alpha: 'a',
  b: 'b',
  beta: 'b',
  c: 'rc',
  rc: 'rc',
  pre: 'rc',
  preview: 'rc',
};

/** Every spelling that the specification lets through, at most 128 characters. Undefined for anything else. */
export function readVersion(text: string): Version | undefined {
  if (text.length > maxVersionLength) return undefined;
  const groups = pattern.exec(text)?.groups;
  if (!groups) return undefined;
  const letter = groups['preLetter'];
  return withTexts({
    epoch: decimal(groups['epoch']),
    release: groups['release']!.split('.').map(decimal),
    pre:
      letter === undefined
        ? undefined
        : { letter: preLetters[letter.toLowerCase()]!, number: decimal(groups['preNumber']) },
    post: groups['post'] === undefined ? undefined : decimal(groups['postBare'] ?? groups['postNumber']),
    dev: groups['dev'] === undefined ? undefined : decimal(groups['devNumber']),
    local: groups['local']
      ?.toLowerCase()
      .split(/[-_.]/)
      .map(part => (isNumber(part) ? decimal(part) : part)),
  });
}

/** @throws invalid-version with a sentence for the uploader */
export function parseVersion(text: string): Version {
  const version = readVersion(text);
  if (version) return version;
  throw new LarderError(
    'invalid-version',
    `${JSON.stringify(text.slice(0, 100))} is not a version by the Python version rules (PEP 440); write it like 1.2.0, 1.2.0rc1 or 1.2.0.post1.`,
  );
}

/** Ascending order of PEP 440: epoch, release, dev < pre < final < post, local last. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compareNumbers(a.epoch, b.epoch) ||
    compareLists(a.release, b.release, compareNumbers, '0') ||
    comparePre(a, b) ||
    compareOptional(a.post, b.post, -1) ||
    compareOptional(a.dev, b.dev, 1) ||
    compareLocal(a.local, b.local)
  );
}

/** Development and pre-releases are not what an index calls its latest version. */
export function isPreRelease(version: Version): boolean {
  return version.pre !== undefined || version.dev !== undefined;
}

/**
 * Other normal forms of the same release, by the number of zeros at the end of its release segment. Six segments cover every form seen in
 * the field.
 */
export function equalSpellings(version: Version): string[] {
  const shortest = withoutTrailingZeros(version.release);
  const spellings: string[] = [];
  for (let length = shortest.length; length <= Math.max(6, version.release.length); length++) {
    const release = [...shortest, ...Array.from({ length: length - shortest.length }, () => '0')];
    spellings.push(format({ ...version, release }));
  }
  return spellings.filter(text => text !== version.text);
}

type Parts = Omit<Version, 'text' | 'canonical'>;

function withTexts(parts: Parts): Version {
  return {
    ...parts,
    text: format(parts),
    canonical: format({ ...parts, release: withoutTrailingZeros(parts.release) }),
  };
}

function format({ epoch, release, pre, post, dev, local }: Parts): string {
  return [
    epoch === '0' ? '' : `${epoch}!`,
    release.join('.'),
    pre ? `${pre.letter}${pre.number}` : '',
    post === undefined ? '' : `.post${post}`,
    dev === undefined ? '' : `.dev${dev}`,
    local ? `+${local.join('.')}` : '',
  ].join('');
}

function withoutTrailingZeros(release: readonly string[]): readonly string[] {
  let length = release.length;
  while (length > 1 && release[length - 1] === '0') length--;
  return release.slice(0, length);
}

/** An absent or empty number counts as 0. */
function decimal(digits: string | undefined): string {
  return digits?.replace(/^0+(?=.)/, '') || '0';
}

function isNumber(part: string): boolean {
  return /^[0-9]+$/.test(part);
}

function compareNumbers(a: string, b: string): number {
  return a.length - b.length || compareTexts(a, b);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareLists(
  a: readonly string[],
  b: readonly string[],
  compare: (a: string, b: string) => number,
  padding: string,
): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = compare(a[i] ?? padding, b[i] ?? padding);
    if (order !== 0) return order;
  }
  return 0;
}

/** `1.0.dev1` comes before `1.0a1`: a development release of the final version sorts below every pre-release. */
function comparePre(a: Version, b: Version): number {
  return (
    preRank(a) - preRank(b) ||
    (a.pre && b.pre ? compareTexts(a.pre.letter, b.pre.letter) || compareNumbers(a.pre.number, b.pre.number) : 0)
  );
}

function preRank(version: Version): number {
  if (version.pre) return 1;
  return version.post === undefined && version.dev !== undefined ? 0 : 2;
}

/** `absent` is where a version without that part stands: -1 below all that have it, 1 above. */
function compareOptional(a: string | undefined, b: string | undefined, absent: -1 | 1): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? absent : -absent;
  return compareNumbers(a, b);
}

/** No local part first; numeric parts stand above alphanumeric ones; the longer of two equal beginnings is greater. */
function compareLocal(a: readonly string[] | undefined, b: readonly string[] | undefined): number {
  if (!a || !b) return a === b ? 0 : a ? 1 : -1;
  return compareLists(a, b, compareLocalPart, '');
}

function compareLocalPart(a: string, b: string): number {
  if (isNumber(a) !== isNumber(b)) return a === '' ? -1 : b === '' ? 1 : isNumber(a) ? 1 : -1;
  return isNumber(a) ? compareNumbers(a, b) : compareTexts(a, b);
}
