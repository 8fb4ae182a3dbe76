import { LarderError } from '#kernel';
import type { RouteRequest, RouteResult, Target } from '#registry';
import { packageNameOf, type Artifact, type ChecksumAlgorithm } from './coordinates.js';
import { classify, exceededLimit, metadataReadings, type MavenPath, type MetadataReadings } from './layout.js';

/** A stored file, or a checksum of one. */
export interface FileParams {
  /** Path of the file itself, never of its checksum. */
  readonly path: string;
  /** Undefined for a plain file, which only a permissive layout keeps. */
  readonly artifact: Artifact | undefined;
  /** Why a strict layout has no such path. */
  readonly strictRefusal: string | undefined;
  readonly checksum: ChecksumAlgorithm | undefined;
  /** Name of the package that the file belongs to. */
  readonly package: string;
}

export interface MetadataParams {
  readonly path: string;
  readonly readings: MetadataReadings;
  readonly checksum: ChecksumAlgorithm | undefined;
}

const fileMethods = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'] as const;
const computedMethods = ['GET', 'HEAD', 'PUT', 'OPTIONS'] as const;

/**
 * Recognises a request. Pure: repository settings decide later whether a path that only a permissive layout keeps is taken.
 * MKCOL answers 405, which WebDAV-minded clients read as "the folder is there already".
 * @throws invalid-request for a PUT to a path that no repository takes
 */
export function route(request: RouteRequest): RouteResult {
  const segments = request.path.segments.map(segment => segment.text);
  const writes = request.method === 'PUT';
  const limit = exceededLimit(segments);
  if (limit !== undefined) return refuse(writes, limit);
  const path = classify(segments, request.path.trailingSlash);
  const { resource } = path;
  const methods: readonly string[] =
    resource.kind === 'artifact' || resource.kind === 'unknown' ? fileMethods : computedMethods;
  if (!methods.includes(request.method)) return { allow: methods };
  if (request.method === 'OPTIONS') return { endpoint: 'options', target: {}, params: { allow: methods } };
  switch (resource.kind) {
    case 'directory':
      return refuse(writes, 'A file cannot be deployed onto a directory; the path must end with the name of the file.');
    case 'junk':
      return refuse(writes, resource.reason);
    case 'auxiliary':
      return writes ? { endpoint: 'auxiliary', target: { file: path.path }, params: {} } : undefined;
    case 'metadata':
      return metadataRoute(path, resource.directory, writes);
    default:
      return fileRoute(path);
  }
}

/** A wrong path is the publisher's mistake; for a reader it just does not exist. */
function refuse(writes: boolean, reason: string): undefined {
  if (writes) throw new LarderError('invalid-request', reason);
  return undefined;
}

function metadataRoute(path: MavenPath, directory: readonly string[], writes: boolean): RouteResult {
  const readings = metadataReadings(directory);
  if (readings.groupId === undefined) {
    return writes ? { endpoint: 'auxiliary', target: { file: path.path }, params: {} } : undefined;
  }
  const params: MetadataParams = { path: path.path, readings, checksum: path.checksum };
  return { endpoint: 'metadata', target: metadataTarget(path.path, readings), params };
}

/** A path that may be a group's as well as an artifact's names no package: the handler asks for each reading's rights. */
function metadataTarget(file: string, { snapshot }: MetadataReadings): Target {
  return snapshot ? { package: packageNameOf(snapshot), version: snapshot.baseVersion, file } : { file };
}

function fileRoute(path: MavenPath): RouteResult {
  const { resource } = path;
  const artifact = resource.kind === 'artifact' ? resource.artifact : undefined;
  const strictRefusal =
    resource.kind === 'artifact' ? resource.strict : resource.kind === 'unknown' ? resource.reason : undefined;
  const packageName = artifact ? packageNameOf(artifact) : plainPackageName(path.path);
  const params: FileParams = {
    path: path.path,
    artifact,
    strictRefusal,
    checksum: path.checksum,
    package: packageName,
  };
  const target: Target = artifact
    ? { package: packageName, version: artifact.baseVersion, file: path.path }
    : { package: packageName, file: path.path };
  return { endpoint: path.checksum === undefined ? 'file' : 'checksum', target, params };
}

/** Plain files belong to a package named after their directory. It has no colon, so it is never the package of an artifact. */
function plainPackageName(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash).replaceAll(':', '_');
}
