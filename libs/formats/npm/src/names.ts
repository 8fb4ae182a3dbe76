import { builtinModules } from 'node:module';
import semver from 'semver';
import { LarderError } from '#kernel';

const maxNameLength = 214;
/** Names on the public registry that are older than today's rules may be longer; nobody may make new ones. */
const maxLegacyNameLength = 512;
const maxVersionLength = 256;
const maxTagLength = 214;
// Control characters are what this expression is for.
// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/;
const coreModules: ReadonlySet<string> = new Set(builtinModules.filter(name => !name.startsWith('_')));

/**
 * Checks a package name as it may appear in a URL, decoded: `name` or `@scope/name`. Old names with capital letters and odd
 * characters pass, because they can be asked for; `requireNewName` is stricter. Nothing is ever case-folded.
 * @throws invalid-name
 */
export function parsePackageName(text: string): string {
  const reason = legacyNameProblem(text);
  if (reason !== undefined) throw invalidName(text, reason);
  return text;
}

/**
 * The rules for a name that is published (the behaviour of validate-npm-package-name for new packages).
 * @throws invalid-name with the reason
 */
export function requireNewName(name: string): void {
  const reason = legacyNameProblem(name) ?? newNameProblem(name);
  if (reason !== undefined) throw invalidName(name, reason);
}

function legacyNameProblem(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (text.trim() !== text) return 'it begins or ends with a space';
  if (text.length > maxLegacyNameLength) return `it is longer than ${maxLegacyNameLength} characters`;
  if (/^[._-]/.test(text)) return `it begins with "${text[0]}"`;
  if (!text.startsWith('@')) return urlSafe(text) ? undefined : 'it has characters that are not safe in a URL';
  const [scope = '', base = '', ...more] = text.slice(1).split('/');
  if (scope === '' || base === '' || more.length > 0) return 'a scoped name is @scope/name';
  if (scope.startsWith('.') || base.startsWith('.')) return 'the scope or the part behind it begins with "."';
  return urlSafe(scope) && urlSafe(base) ? undefined : 'it has characters that are not safe in a URL';
}

function newNameProblem(name: string): string | undefined {
  const base = unscopedName(name);
  if (name.length > maxNameLength) return `it is longer than ${maxNameLength} characters`;
  if (name !== name.toLowerCase()) return 'it has capital letters';
  if (/[~'!()*]/.test(name)) return "it has one of the characters ~ ' ! ( ) *";
  if (base === 'node_modules' || base === 'favicon.ico') return 'it is a reserved name';
  if (coreModules.has(name)) return 'it is the name of a Node.js core module';
  return undefined;
}

function urlSafe(part: string): boolean {
  return !part.includes('/') && /^[A-Za-z0-9._~!'()*-]+$/.test(part);
}

function invalidName(name: string, reason: string): LarderError {
  return new LarderError(
    'invalid-name',
    `Invalid package name "${name.slice(0, 80)}": ${reason}. Choose another name.`,
    {
      details: { name: name.slice(0, maxLegacyNameLength) },
    },
  );
}

/** `foo` of `@acme/foo`; the name itself when it has no scope. */
export function unscopedName(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

/** The canonical file name of a version's tarball: the scope is not part of it. */
export function tarballFile(name: string, version: string): string {
  return `${unscopedName(name)}-${version}.tgz`;
}

/** Path of a tarball below the repository, with a plain slash in scoped names: yarn berry keeps its lockfile clean only then. */
export function tarballPath(name: string, file: string): string {
  return `${name}/-/${file}`;
}

/**
 * A version that may be published: strict semver in its canonical spelling. Build metadata is excluded, because the npm client
 * strips it before it sends (libnpmpublish), so two such versions would be one.
 * @throws invalid-version
 */
export function parseNewVersion(text: string): string {
  if (text.length > maxVersionLength || semver.valid(text) !== text) {
    throw new LarderError(
      'invalid-version',
      `Invalid version "${text.slice(0, 80)}". Use a version like 1.2.3 or 1.2.3-beta.1, without "v" and without build metadata.`,
    );
  }
  return text;
}

/** The canonical spelling of a version in a URL (`v1.0.0`, `=1.0.0`), undefined when the text is no version. */
export function canonicalVersion(text: string): string | undefined {
  if (text.length > maxVersionLength) return undefined;
  const parsed = semver.parse(text.replace(/^[=v]+/, ''));
  if (!parsed) return undefined;
  return parsed.build.length > 0 ? `${parsed.version}+${parsed.build.join('.')}` : parsed.version;
}

/** Versions in ascending order of precedence; what is no semver stands first, by text. */
export function sortVersions<T>(items: readonly T[], textOf: (item: T) => string): T[] {
  return items
    .map(item => ({ item, text: textOf(item), parsed: semver.parse(textOf(item), { loose: true }) }))
    .toSorted((a, b) => {
      if (a.parsed && b.parsed) return a.parsed.compare(b.parsed) || a.parsed.compareBuild(b.parsed);
      if (a.parsed || b.parsed) return a.parsed ? 1 : -1;
      return a.text < b.text ? -1 : 1;
    })
    .map(entry => entry.item);
}

/**
 * What `latest` means when its version has gone: the highest stable version, else the highest. Undefined for no versions.
 * @param ascending as `sortVersions` gives them
 */
export function preferredLatest(ascending: readonly string[]): string | undefined {
  return ascending.findLast(text => semver.prerelease(text) === null) ?? ascending.at(-1);
}

/**
 * A dist-tag. What would be a semver range cannot be a tag, because `npm install name@tag` could not tell them apart.
 * @throws invalid-tag
 */
export function parseTag(text: string): string {
  if (text === '' || text.length > maxTagLength)
    throw invalidTag(text, `A dist-tag has 1 to ${maxTagLength} characters.`);
  if (text.trim() !== text || text.includes('/') || text === '__proto__' || controlCharacter.test(text)) {
    throw invalidTag(text, 'Use letters, digits, dots and dashes.');
  }
  if (semver.validRange(text) !== null) throw invalidTag(text, `Tag name must not be a valid semver range: ${text}.`);
  return text;
}

function invalidTag(tag: string, what: string): LarderError {
  return new LarderError('invalid-tag', `Invalid dist-tag "${tag.slice(0, 80)}". ${what}`);
}
