import {
  asObject,
  asStrings,
  asText,
  normaliseBin,
  normaliseDependencies,
  normalisePeople,
  normaliseRepository,
  type Json,
  type JsonObject,
} from './manifest-fields.js';
import { tarballFile, tarballPath } from './names.js';
import type { TarballContents } from './tarball.js';

/**
 * Stands for the repository's URL in stored fragments, unescaped. JSON text has no raw control character (JSON.stringify escapes
 * them), so nothing that a publisher writes can be taken for it.
 */
export const basePlaceholder = '\u0001';

/** What the npm clients leave in a package.json when they pack or install; none of it belongs to the package. */
const junk = new Set([
  '_from', '_resolved', '_integrity', '_requested', '_where', '_args', '_spec', '_shasum', '_inBundle', '_phantomChildren', '_requiredBy',
  '_attachments', '_rev', '_id', '_npmUser', '_nodeVersion', '_npmVersion', '_hasShrinkwrap', 'dist', 'maintainers', 'readme',
  'readmeFilename', 'deprecated', 'hasInstallScript',
]); // prettier-ignore

/** The keys of the abbreviated form (guide, section 5.2), in the order in which they are written. */
const abbreviatedKeys = [
  'name', 'version', 'dependencies', 'optionalDependencies', 'devDependencies', 'bundleDependencies', 'bundledDependencies',
  'peerDependencies', 'peerDependenciesMeta', 'acceptDependencies', 'bin', 'directories', 'engines', 'cpu', 'os', 'libc', 'funding',
  '_hasShrinkwrap', 'hasInstallScript',
]; // prettier-ignore

/** Fields of the latest version that stand at the top of a full packument. */
export const hoistedKeys = [
  'author',
  'bugs',
  'contributors',
  'description',
  'homepage',
  'keywords',
  'license',
  'repository',
] as const;

export interface ManifestFacts {
  readonly name: string;
  readonly version: string;
  /** The manifest in the publish document: only what the tarball cannot tell is taken from it. */
  readonly announced: JsonObject;
  readonly contents: TarballContents;
  readonly sha1: string;
  /** Hex. */
  readonly sha512: string;
  /** Name of the publishing principal. */
  readonly publisher: string;
}

export interface Manifest {
  /** The version's manifest with `basePlaceholder` in `dist.tarball`, as JSON text. */
  readonly full: string;
  readonly abbreviated: string;
  /** The small part that is kept with the version for lists and for the top of a packument. */
  readonly summary: JsonObject;
}

/**
 * Makes the manifest from the tarball's own package.json, so that what a resolver reads is what gets installed (guide, section 7.4).
 * Normalised as the npm client does it: `bin`, `directories.bin`, bundled and optional dependencies, people, repository, licence, and
 * the install script that npm adds for `binding.gyp`.
 */
export function composeManifest(facts: ManifestFacts): Manifest {
  const manifest = normalise(facts);
  const abbreviated: JsonObject = {};
  const dist = distText(facts);
  const source: JsonObject = hasInstallScript(facts) ? { ...manifest, hasInstallScript: true } : manifest;
  for (const key of abbreviatedKeys) {
    if (source[key] !== undefined && !(key === '_hasShrinkwrap' && source[key] === false))
      abbreviated[key] = source[key];
  }
  const summary: JsonObject = { name: facts.name, version: facts.version };
  for (const key of hoistedKeys) {
    if (manifest[key] !== undefined) summary[key] = storable(manifest[key]);
  }
  return { full: withDist(manifest, dist), abbreviated: withDist(abbreviated, dist), summary };
}

/** PostgreSQL keeps no NUL and no half of a surrogate pair in JSON columns. */
function storable(value: Json): Json {
  return JSON.parse(JSON.stringify(value), (_, part: Json) =>
    typeof part === 'string' ? part.replaceAll('\0', '').toWellFormed() : part,
  ) as Json;
}

function withDist(manifest: JsonObject, dist: string): string {
  return `${JSON.stringify(manifest).slice(0, -1)},"dist":${dist}}`;
}

function distText({ name, version, sha1, sha512, contents }: ManifestFacts): string {
  const rest = JSON.stringify({
    shasum: sha1,
    integrity: `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`,
    fileCount: contents.fileCount,
    unpackedSize: contents.unpackedBytes,
  });
  const path = JSON.stringify(`/${tarballPath(name, tarballFile(name, version))}`);
  return `{"tarball":"${basePlaceholder}${path.slice(1)},${rest.slice(1)}`;
}

function normalise(facts: ManifestFacts): JsonObject {
  const { name, version, announced, contents } = facts;
  const own: JsonObject = {};
  for (const [key, value] of Object.entries(contents.packageJson as JsonObject)) {
    if (!junk.has(key)) own[key] = value;
  }
  return {
    ...own,
    ...normaliseDependencies(own),
    ...normalisePeople(own),
    ...normaliseScripts(own, contents),
    bin: normaliseBin(name, own, contents.paths),
    repository: normaliseRepository(own.repository),
    bugs: typeof own.bugs === 'string' ? { [own.bugs.includes('@') ? 'email' : 'url']: own.bugs } : own.bugs,
    keywords: typeof own.keywords === 'string' ? own.keywords.split(/[,\s]+/).filter(Boolean) : own.keywords,
    license: licenseOf(own),
    name,
    version,
    _id: `${name}@${version}`,
    _nodeVersion: asText(announced._nodeVersion),
    _npmVersion: asText(announced._npmVersion),
    gitHead: asText(own.gitHead) ?? asText(announced.gitHead),
    _npmUser: { name: facts.publisher, email: '' },
    _hasShrinkwrap: contents.paths.has('npm-shrinkwrap.json'),
    maintainers: [{ name: facts.publisher, email: '' }],
  };
}

/** A `binding.gyp` in the root is built on install unless the package says otherwise. */
function buildsOnInstall(own: JsonObject, contents: TarballContents): boolean {
  const scripts = asObject(own.scripts) ?? {};
  return (
    contents.paths.has('binding.gyp') &&
    own.gypfile !== false &&
    scripts.install === undefined &&
    scripts.preinstall === undefined
  );
}

function normaliseScripts(own: JsonObject, contents: TarballContents): JsonObject {
  const scripts = asStrings(own.scripts);
  if (buildsOnInstall(own, contents)) return { scripts: { ...scripts, install: 'node-gyp rebuild' }, gypfile: true };
  return scripts === undefined ? {} : { scripts };
}

function hasInstallScript({ contents }: ManifestFacts): boolean {
  const own = contents.packageJson as JsonObject;
  const scripts = asObject(own.scripts) ?? {};
  return (
    ['preinstall', 'install', 'postinstall'].some(name => Boolean(scripts[name])) || buildsOnInstall(own, contents)
  );
}

/** `license` as text; the old objects and `licenses` lists are read for it. */
function licenseOf(own: JsonObject): string | undefined {
  const stated = own.license ?? (Array.isArray(own.licenses) ? own.licenses[0] : own.licenses);
  return asText(stated) ?? asText(asObject(stated)?.type) ?? asText(asObject(stated)?.name);
}
