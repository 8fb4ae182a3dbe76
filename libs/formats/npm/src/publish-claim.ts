import { LarderError } from '#kernel';
import { asObject, asText, type Json, type JsonObject } from './manifest-fields.js';
import { parseNewVersion, parseTag, requireNewName } from './names.js';

/** What a publish document says about itself, before the tarball has been asked. */
export interface PublishClaim {
  readonly name: string;
  readonly version: string;
  readonly tags: readonly string[];
  readonly manifest: JsonObject;
  /** Decoded length of the attachment, where the client gave one. */
  readonly length: number | undefined;
  readonly integrity: string | undefined;
  readonly shasum: string | undefined;
}

/** True for a publish; a document without attachments changes what is there. */
export function hasAttachments(document: JsonObject): boolean {
  return Object.keys(asObject(document._attachments) ?? {}).length > 0;
}

/**
 * The cheap checks on a publish document, in the order of the guide (section 7.3, rows 5 to 9 and 15).
 * @param urlName the package in the URL
 * @throws invalid-request, invalid-name, invalid-version, invalid-tag
 */
export function readClaim(document: JsonObject, urlName: string): PublishClaim {
  requireSameName(urlName, document.name);
  if (document._id !== undefined) requireSameName(urlName, document._id);
  requireNewName(urlName);
  const [version, manifest] = onlyVersion(document);
  requireSameName(urlName, manifest.name);
  const dist = asObject(manifest.dist) ?? {};
  return {
    name: urlName,
    version,
    manifest,
    tags: readTags(document, version),
    length: readLength(document),
    integrity: textOrNothing(dist.integrity, 'dist.integrity'),
    shasum: textOrNothing(dist.shasum, 'dist.shasum'),
  };
}

/** @throws invalid-request naming both */
export function requireSameName(urlName: string, name: Json | undefined): void {
  if (name === urlName) return;
  const other = typeof name === 'string' ? name.slice(0, 214) : 'none';
  throw new LarderError(
    'invalid-request',
    `Package name in the URL (${urlName}) and in the document (${other}) differ.`,
  );
}

function onlyVersion(document: JsonObject): [string, JsonObject] {
  const versions = Object.entries(asObject(document.versions) ?? {});
  const [only] = versions;
  if (!only || versions.length > 1) {
    throw new LarderError(
      'invalid-request',
      `A publish document has exactly one version; this one has ${versions.length}.`,
    );
  }
  const [key, value] = only;
  const version = parseNewVersion(key);
  const manifest = asObject(value);
  if (!manifest || manifest.version !== version) {
    const other = asText(manifest?.version) ?? 'none';
    throw new LarderError(
      'invalid-version',
      `Invalid version "${other.slice(0, 80)}": the document lists it under ${version}.`,
    );
  }
  return [version, manifest];
}

function readTags(document: JsonObject, version: string): string[] {
  const tags = document['dist-tags'];
  if (tags === undefined || tags === null) return ['latest'];
  const entries = Object.entries(asObject(tags) ?? { '': null });
  for (const [tag, target] of entries) {
    parseTag(tag);
    if (target !== version)
      throw new LarderError(
        'invalid-tag',
        `Invalid dist-tag "${tag}": it must point to ${version}, which is published here.`,
      );
  }
  return entries.length === 0 ? ['latest'] : entries.map(([tag]) => tag);
}

function readLength(document: JsonObject): number | undefined {
  const tarballs = Object.entries(asObject(document._attachments) ?? {}).filter(([file]) => file.endsWith('.tgz'));
  const attachment = asObject(tarballs[0]?.[1]);
  if (tarballs.length !== 1 || !attachment) {
    throw new LarderError(
      'invalid-request',
      `A publish document has exactly one .tgz attachment; this one has ${tarballs.length}.`,
    );
  }
  if (typeof attachment.data !== 'string')
    throw new LarderError('invalid-request', 'The data of the attachment must be a base64 string.');
  const { length } = attachment;
  if (length === undefined || length === null) return undefined;
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) {
    throw new LarderError('invalid-request', 'The length of the attachment must be a whole number of bytes.');
  }
  return length;
}

function textOrNothing(value: Json | undefined, what: string): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  throw new LarderError('invalid-request', `The field ${what} must be text.`);
}

const maxDeprecationLength = 1024;

/**
 * The deprecation messages of a document that was read, changed and sent back, by version; undefined clears. All other differences
 * are ignored: they are not the client's to make.
 * @throws invalid-request for a message that is no text or is longer than 1,024 characters
 */
export function readDeprecations(document: JsonObject): Map<string, string | undefined> {
  const messages = new Map<string, string | undefined>();
  for (const [version, manifest] of Object.entries(asObject(document.versions) ?? {})) {
    const message = asObject(manifest)?.deprecated;
    if (message === undefined || message === null || message === false || message === '')
      messages.set(version, undefined);
    else if (typeof message === 'string' && message.length <= maxDeprecationLength) messages.set(version, message);
    else
      throw new LarderError(
        'invalid-request',
        `A deprecation message is text of at most ${maxDeprecationLength} characters.`,
      );
  }
  return messages;
}
