import { createHash } from 'node:crypto';
import type { PackageRow, TagRow, VersionRow } from '#registry';
import type { PackumentForm } from './accept.js';
import { basePlaceholder, hoistedKeys } from './manifest.js';
import { sortVersions } from './names.js';

/** A version as it goes into a packument. */
export interface PackumentVersion {
  readonly version: VersionRow;
  /** JSON object text with `basePlaceholder` where the repository's URL belongs. */
  readonly fragment: string;
  /** The message of the version's deprecation, if it is deprecated. */
  readonly deprecated: string | undefined;
}

export interface PackumentParts {
  readonly package: PackageRow;
  readonly versions: readonly PackumentVersion[];
  readonly tags: readonly TagRow[];
  /** Of the latest version; only the full form shows it. */
  readonly readme?: { readonly file: string; readonly text: string } | undefined;
}

/**
 * Puts a packument together from the fragments of its versions. Nothing is parsed: the cost is that of copying text.
 * @param baseUrl of the repository as the client sees it, without a trailing slash
 */
export function renderPackument(form: PackumentForm, parts: PackumentParts, baseUrl: string): Buffer {
  const versions = sortVersions(parts.versions, entry => entry.version.text);
  const members = form === 'full' ? fullMembers(parts, versions) : abbreviatedMembers(parts, versions);
  return placeBase(`{${members.join(',')}}`, baseUrl);
}

/** The manifest of one version as a document of its own. */
export function renderVersion(entry: PackumentVersion, baseUrl: string): Buffer {
  return placeBase(versionText(entry), baseUrl);
}

/** `<revision>-<32 hex digits>`: what CouchDB called a revision, and what npm sends back when it unpublishes. */
export function revisionOf(pkg: PackageRow): string {
  return `${pkg.revision}-${createHash('sha256').update(`${pkg.id}:${pkg.revision}`).digest('hex').slice(0, 32)}`;
}

function fullMembers(parts: PackumentParts, versions: readonly PackumentVersion[]): string[] {
  const { name } = parts.package;
  const latest = latestOf(parts);
  const members = [member('_id', name), member('_rev', revisionOf(parts.package)), member('name', name)];
  members.push(member('dist-tags', tagMap(parts.tags)), versionMap(versions), timeMap(parts.package, versions));
  for (const key of hoistedKeys) {
    const value = latest?.metadata[key];
    if (value !== undefined) members.push(member(key, value));
  }
  members.push(member('maintainers', maintainers(versions)), member('users', {}));
  members.push(member('readme', parts.readme?.text ?? ''), member('readmeFilename', parts.readme?.file ?? ''));
  return members;
}

function abbreviatedMembers(parts: PackumentParts, versions: readonly PackumentVersion[]): string[] {
  return [
    member('name', parts.package.name),
    member('modified', parts.package.updatedAt.toISOString()),
    member('dist-tags', tagMap(parts.tags)),
    versionMap(versions),
    timeMap(parts.package, versions),
  ];
}

/** The version behind the tag `latest`, whose fields and readme stand at the top of the full form. */
export function latestOf(parts: Pick<PackumentParts, 'versions' | 'tags'>): VersionRow | undefined {
  const latest = parts.tags.find(tag => tag.name === 'latest');
  return parts.versions.find(entry => entry.version.text === latest?.version)?.version;
}

export function tagMap(tags: readonly TagRow[]): Record<string, string> {
  return Object.fromEntries(tags.map(tag => [tag.name, tag.version]));
}

function versionMap(versions: readonly PackumentVersion[]): string {
  return `"versions":{${versions.map(entry => `${JSON.stringify(entry.version.text)}:${versionText(entry)}`).join(',')}}`;
}

/** Deprecation is the one thing about a version that changes, so it is no part of the stored fragment. */
function versionText({ fragment, deprecated }: PackumentVersion): string {
  return deprecated ? `${fragment.slice(0, -1)},${member('deprecated', deprecated)}}` : fragment;
}

function timeMap(pkg: PackageRow, versions: readonly PackumentVersion[]): string {
  const entries = [member('created', pkg.createdAt.toISOString()), member('modified', pkg.updatedAt.toISOString())];
  for (const { version } of versions) entries.push(member(version.text, version.publishedAt.toISOString()));
  return `"time":{${entries.join(',')}}`;
}

function maintainers(versions: readonly PackumentVersion[]): { name: string; email: string }[] {
  const names = new Set(versions.map(({ version }) => version.publishedBy));
  return [...names].map(name => ({ name, email: '' }));
}

function member(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function placeBase(text: string, baseUrl: string): Buffer {
  return Buffer.from(text.replaceAll(basePlaceholder, () => JSON.stringify(baseUrl).slice(1, -1)));
}
