import type { Artifact, ChecksumAlgorithm, Signature } from './coordinates.js';
import { isSnapshotVersion, isTimestampedVersion } from './coordinates.js';
import { parseFileName } from './file-name.js';

/** What a path names, apart from a checksum's suffix. */
export type Resource =
  /** `strict` says why a repository with strict layout does not take this path (its G or A is unusual). */
  | { readonly kind: 'artifact'; readonly artifact: Artifact; readonly strict: string | undefined }
  /** `maven-metadata.xml` in a directory, which may be read in several ways (see `metadataReadings`). */
  | { readonly kind: 'metadata'; readonly directory: readonly string[] }
  /** Files that a server computes or a client need not upload: accepted and dropped. */
  | { readonly kind: 'auxiliary' }
  | { readonly kind: 'directory' }
  /** Book-keeping of a client's local repository. Never stored. */
  | { readonly kind: 'junk'; readonly reason: string }
  /** No artifact. Only a permissive layout keeps it, as a plain file without coordinates. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface MavenPath {
  /** Canonical path below the repository, decoded, without the suffix of a checksum. */
  readonly path: string;
  readonly checksum: ChecksumAlgorithm | undefined;
  readonly resource: Resource;
}

const checksumSuffix = /\.(md5|sha1|sha256|sha512)$/;
const signatureSuffix = /\.(asc|sigstore\.json|sigstore|sig)$/;
const localFiles = new Set(['resolver-status.properties', '_remote.repositories', '_maven.repositories']);

const groupSegment = /^[A-Za-z0-9_-]+$/;
const artifactName = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/** The path's limits: the whole in characters, a segment in bytes (client file systems), and their number. */
export const pathLimits = { characters: 1000, segmentBytes: 255, segments: 50 } as const;

/** The limit that a path exceeds, in words; undefined when it keeps them all. */
export function exceededLimit(segments: readonly string[]): string | undefined {
  if (segments.length > pathLimits.segments) return `The path has more than ${pathLimits.segments} parts.`;
  if (segments.join('/').length > pathLimits.characters)
    return `The path is longer than ${pathLimits.characters} characters.`;
  if (segments.some(segment => Buffer.byteLength(segment) > pathLimits.segmentBytes)) {
    return `A part of the path is longer than ${pathLimits.segmentBytes} bytes.`;
  }
  return undefined;
}

/**
 * Says what a path names, by structure alone: there is no list of known extensions, because any file beside a POM may be an artifact.
 * Pure and total; linear in the length of the path.
 */
export function classify(segments: readonly string[], trailingSlash = false): MavenPath {
  if (segments.length === 0 || trailingSlash) {
    return { path: segments.join('/'), checksum: undefined, resource: { kind: 'directory' } };
  }
  const last = segments[segments.length - 1]!;
  const checksum = checksumSuffix.exec(last)?.[1] as ChecksumAlgorithm | undefined;
  const file = checksum === undefined ? last : last.slice(0, -checksum.length - 1);
  const stem = [...segments.slice(0, -1), file];
  return { path: stem.join('/'), checksum, resource: classifyFile(stem, file) };
}

function classifyFile(segments: readonly string[], file: string): Resource {
  if (file === '') return { kind: 'unknown', reason: 'A checksum must carry the name of the file it belongs to.' };
  if (checksumSuffix.test(file)) return { kind: 'unknown', reason: 'A checksum has no checksum of its own.' };
  if (file === 'maven-metadata.xml') return { kind: 'metadata', directory: segments.slice(0, -1) };
  const path = segments.join('/');
  if (path === '.meta/prefixes.txt' || path === 'archetype-catalog.xml' || segments[0] === '.index')
    return { kind: 'auxiliary' };
  if (/^maven-metadata-.+\.xml$/.test(file) || localFiles.has(file) || file.endsWith('.lastUpdated')) {
    return {
      kind: 'junk',
      reason: `${file} belongs to a client's local repository; deploy the artifacts instead of copying that folder.`,
    };
  }
  return classifyArtifact(segments, file);
}

function classifyArtifact(segments: readonly string[], file: string): Resource {
  const signature = signatureSuffix.exec(file)?.[1] as Signature | undefined;
  const name = signature === undefined ? file : file.slice(0, -signature.length - 1);
  if (signature !== undefined && (signatureSuffix.test(name) || checksumSuffix.test(name))) {
    return {
      kind: 'unknown',
      reason: 'A signature belongs to an artifact file, not to a checksum or another signature.',
    };
  }
  if (segments.length < 4) {
    return {
      kind: 'unknown',
      reason: 'An artifact lies at group/artifact/version/artifact-version.extension; this path has too few parts.',
    };
  }
  const baseVersion = segments[segments.length - 2]!;
  const artifactId = segments[segments.length - 3]!;
  const groups = segments.slice(0, -3);
  if (isTimestampedVersion(baseVersion)) {
    return { kind: 'unknown', reason: `${baseVersion} is a resolved snapshot; deploy it under its -SNAPSHOT version.` };
  }
  // A dot in a group's directory would give one group two paths, and a colon would blur the name of the package.
  if (groups.some(group => /[.:]/.test(group)) || artifactId.includes(':')) {
    return {
      kind: 'unknown',
      reason: 'The directories of the groupId have no dots (org/example, not org.example), and no part has a colon.',
    };
  }
  const parsed = parseFileName(name, artifactId, baseVersion);
  if ('reason' in parsed) return { kind: 'unknown', reason: parsed.reason };
  const artifact: Artifact = { groupId: groups.join('.'), artifactId, baseVersion, ...parsed, signature };
  return { kind: 'artifact', artifact, strict: unusualName(groups, artifactId) };
}

/** Maven's own model validator allows only these characters in G and A. */
function unusualName(groups: readonly string[], artifactId: string): string | undefined {
  const group = groups.find(segment => !groupSegment.test(segment));
  if (group !== undefined) return `"${group}" cannot be part of a groupId; use letters, digits, _ and -.`;
  if (!artifactName.test(artifactId))
    return `"${artifactId}" cannot be an artifactId; use letters, digits, dot, _ and -.`;
  return undefined;
}

/** How `maven-metadata.xml` in a directory may be read. The A- and the G-level share a path; a snapshot's directory has its own level. */
export interface MetadataReadings {
  readonly artifact: { readonly groupId: string; readonly artifactId: string } | undefined;
  readonly snapshot:
    { readonly groupId: string; readonly artifactId: string; readonly baseVersion: string } | undefined;
  readonly groupId: string | undefined;
}

/** The readings of a metadata path's directory; all undefined at the root of the repository. */
export function metadataReadings(directory: readonly string[]): MetadataReadings {
  const last = directory[directory.length - 1];
  if (last === undefined) return { artifact: undefined, snapshot: undefined, groupId: undefined };
  const artifact = directory.length >= 2 ? { groupId: directory.slice(0, -1).join('.'), artifactId: last } : undefined;
  const snapshot =
    directory.length >= 3 && isSnapshotVersion(last)
      ? { groupId: directory.slice(0, -2).join('.'), artifactId: directory[directory.length - 2]!, baseVersion: last }
      : undefined;
  return { artifact, snapshot, groupId: directory.join('.') };
}
