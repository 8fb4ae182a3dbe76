import { unscopedName } from './names.js';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  /** Undefined is left out when the object is written. */
  [key: string]: Json | undefined;
}

export function asText(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function asObject(value: Json | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The entries of an object whose values are text; what is of another kind helps no client. */
export function asStrings(value: Json | undefined): Record<string, string> | undefined {
  const object = asObject(value);
  if (!object) return undefined;
  return Object.fromEntries(
    Object.entries(object).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

const dependencyMaps = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
  'acceptDependencies',
];

/**
 * Dependency maps with text values only. Optional dependencies are stored without the copies that npm's publish step puts into
 * `dependencies`; its install step removes them again (@npmcli/package-json, `optionalDedupe`).
 */
export function normaliseDependencies(own: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key of dependencyMaps) {
    if (own[key] !== undefined) result[key] = asStrings(own[key]) ?? {};
  }
  const optional = asObject(result.optionalDependencies);
  if (optional && result.dependencies !== undefined) {
    result.dependencies = Object.fromEntries(
      Object.entries(asObject(result.dependencies) ?? {}).filter(([name]) => !Object.hasOwn(optional, name)),
    );
  }
  const bundled = own.bundleDependencies ?? own.bundledDependencies;
  const names = bundled === true ? Object.keys(asObject(result.dependencies) ?? {}) : bundled === false ? [] : bundled;
  if (names !== undefined) {
    // Some clients read the one spelling, some the other.
    if (own.bundleDependencies !== undefined) result.bundleDependencies = names;
    if (own.bundledDependencies !== undefined) result.bundledDependencies = names;
  }
  return result;
}

/** `bin` as a map from command to file; a `directories.bin` stands for all files in that folder. */
export function normaliseBin(name: string, own: JsonObject, paths: ReadonlySet<string>): JsonObject | undefined {
  if (typeof own.bin === 'string') return own.bin === '' ? undefined : { [unscopedName(name)]: cleanPath(own.bin) };
  if (Array.isArray(own.bin)) {
    const files = own.bin.filter((file): file is string => typeof file === 'string').map(cleanPath);
    return Object.fromEntries(files.map(file => [file.slice(file.lastIndexOf('/') + 1), file]));
  }
  const commands = asStrings(own.bin);
  if (commands)
    return Object.fromEntries(
      Object.entries(commands).map(([command, file]) => [unscopedName(command), cleanPath(file)]),
    );
  const folder = asText(asObject(own.directories)?.bin);
  if (own.bin !== undefined || folder === undefined) return undefined;
  const prefix = `${cleanPath(folder)}/`;
  const files = [...paths]
    .filter(path => path.startsWith(prefix) && !/(?:^|\/)\./.test(path.slice(prefix.length)))
    .toSorted();
  return Object.fromEntries(files.map(path => [path.slice(path.lastIndexOf('/') + 1), path]));
}

/** Without `./`, without leading slashes and without steps upwards: a command never lies outside its package. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

const hosts = {
  github: 'git+https://github.com/',
  gitlab: 'git+https://gitlab.com/',
  bitbucket: 'git+https://bitbucket.org/',
} as const;

/** A repository as `{type, url}`, also from `owner/name` and `github:owner/name`. */
export function normaliseRepository(value: Json | undefined): Json | undefined {
  if (typeof value !== 'string') return value;
  const short = /^(?:(github|gitlab|bitbucket):)?([\w.-]+\/[\w.-]+)$/.exec(value);
  if (!short?.[2]) return { type: 'git', url: value };
  return {
    type: 'git',
    url: `${hosts[(short[1] ?? 'github') as keyof typeof hosts]}${short[2].replace(/\.git$/, '')}.git`,
  };
}

/** `author` and `contributors` as objects, also from `Name <email> (url)`. */
export function normalisePeople(own: JsonObject): JsonObject {
  const result: JsonObject = { author: person(own.author) };
  if (isList(own.contributors)) {
    result.contributors = own.contributors.map(entry => person(entry) ?? null).filter(entry => entry !== null);
  }
  return result;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function person(value: Json | undefined): JsonObject | undefined {
  if (typeof value !== 'string') return asObject(value);
  const [name = ''] = value.split(/[<(]/, 1);
  const email = between(value, '<', '>');
  const url = between(value, '(', ')');
  return { name: name.trim(), ...(email === undefined ? {} : { email }), ...(url === undefined ? {} : { url }) };
}

function between(text: string, open: string, close: string): string | undefined {
  const start = text.indexOf(open);
  const end = text.indexOf(close, start);
  return start === -1 || end === -1 ? undefined : text.slice(start + 1, end).trim();
}
