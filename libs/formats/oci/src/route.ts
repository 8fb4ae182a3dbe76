import type { Route, RouteRequest, RouteResult, Target } from '#registry';
import { ociError } from './oci-error.js';
import {
  isDigestAlgorithm,
  parseContentDigest,
  parseImageName,
  parseReference,
  parseTag,
  type ContentDigest,
  type DigestAlgorithm,
  type Reference,
} from './names.js';

export interface BlobParams {
  readonly image: string;
  readonly digest: ContentDigest;
}

export interface StartUploadParams {
  readonly image: string;
  /** Monolithic upload: the body is the blob. */
  readonly digest: ContentDigest | undefined;
  /** The algorithm that the client will commit with, hashed while the bytes arrive. */
  readonly algorithm: DigestAlgorithm;
  readonly mount: ContentDigest | undefined;
  /** Name of the image to mount from, as the client wrote it: a bad one is no error. */
  readonly from: string | undefined;
}

export interface UploadParams {
  readonly image: string;
  readonly uploadId: string;
  /** Set for a commit (PUT), and only there. */
  readonly digest: ContentDigest | undefined;
}

export interface ManifestParams {
  readonly image: string;
  readonly reference: Reference;
  /** Tags to set with a push: the one of the path, or those of `?tag=`. */
  readonly tags: readonly string[];
}

export interface PageParams {
  /** Entries of a page; clamped. */
  readonly limit: number;
  readonly after: string | undefined;
}

export interface TagsParams extends PageParams {
  readonly image: string;
}

export interface ReferrersParams {
  readonly image: string;
  readonly subject: ContentDigest;
  readonly artifactTypes: readonly string[];
  readonly after: string | undefined;
}

export interface TokenParams {
  readonly scopes: readonly string[];
}

export type Resource = 'uploads' | 'upload' | 'tags' | 'manifest' | 'blob' | 'referrers';

/** A path below `/v2/<repository>`, taken apart but not yet checked. */
export interface Located {
  readonly resource: Resource;
  readonly nameParts: readonly string[];
  /** The last segment: digest, reference or upload id. Empty where the path ends in a fixed word. */
  readonly last: string;
}

/** Renovate asks for pages of 10,000. */
export const maxTagsPage = 10_000;
export const maxCatalogPage = 1_000;
const maxTagParameters = 32;
const maxSessionIdLength = 64;

const allowed: Record<Resource, readonly string[]> = {
  uploads: ['POST'],
  upload: ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'],
  tags: ['GET', 'HEAD'],
  manifest: ['GET', 'HEAD', 'PUT', 'DELETE'],
  blob: ['GET', 'HEAD', 'DELETE'],
  referrers: ['GET', 'HEAD'],
};

const byWord: Readonly<Record<string, Resource>> = { manifests: 'manifest', blobs: 'blob', referrers: 'referrers' };

/**
 * Takes a path apart from the right, because an image name may hold slashes and the words `blobs`, `manifests`, `tags` and `uploads`.
 * Undefined where no endpoint has that shape. Both `blobs/uploads` and `blobs/uploads/` start an upload; no other path ends in a slash.
 */
export function locate(parts: readonly string[], trailingSlash: boolean): Located | undefined {
  const [third, second, last] = [parts.at(-3), parts.at(-2), parts.at(-1)];
  if (second === 'blobs' && last === 'uploads') return { resource: 'uploads', nameParts: parts.slice(0, -2), last: '' };
  if (trailingSlash || last === undefined) return undefined;
  if (third === 'blobs' && second === 'uploads') return { resource: 'upload', nameParts: parts.slice(0, -3), last };
  if (second === 'tags' && last === 'list') return { resource: 'tags', nameParts: parts.slice(0, -2), last: '' };
  const resource = second !== undefined && Object.hasOwn(byWord, second) ? byWord[second] : undefined;
  return resource && { resource, nameParts: parts.slice(0, -2), last };
}

/**
 * Routes below `/v2/<repository>` (distribution specification, "Endpoints"). Pure.
 * @throws invalid-name, invalid-tag, invalid-digest, invalid-request for a path or query that is wrong in itself
 */
export function route(request: RouteRequest): RouteResult {
  const parts = request.path.segments.map(segment => segment.text);
  const located = locate(parts, request.path.trailingSlash);
  if (!located) return undefined;
  if (!allowed[located.resource].includes(request.method)) return { allow: allowed[located.resource] };
  return routes[located.resource](parseImageName(located.nameParts), located.last, request);
}

const routes: Record<Resource, (image: string, last: string, request: RouteRequest) => Route> = {
  uploads: (image, _last, { query }) => {
    const params: StartUploadParams = {
      image,
      digest: optional(query.get('digest'), parseContentDigest),
      algorithm: parseAlgorithm(query.get('digest-algorithm')),
      mount: optional(query.get('mount'), parseContentDigest),
      from: query.get('from') ?? undefined,
    };
    return { endpoint: 'uploads', target: { package: image }, params };
  },
  upload: (image, last, { method, query }) => {
    // A commit without a digest is refused here, before its body is read; the session stays.
    const digest = method === 'PUT' ? parseContentDigest(query.get('digest') ?? '') : undefined;
    const params: UploadParams = { image, uploadId: last.slice(0, maxSessionIdLength), digest };
    return { endpoint: 'upload', target: { package: image }, params };
  },
  tags: (image, _last, { query }) => {
    const params: TagsParams = { image, ...parsePage(query, maxTagsPage) };
    return { endpoint: 'tags', target: { package: image }, params };
  },
  manifest: (image, last, { method, query }) => {
    // What cannot be a tag is no manifest to a reader, as the first conformance suite asks, and a mistake of a writer.
    const reading = method === 'GET' || method === 'HEAD';
    const reference = reading && !last.includes(':') ? { tag: last } : parseReference(last);
    const tags = 'tag' in reference ? [reference.tag] : method === 'PUT' ? parseTagParameters(query) : [];
    const target: Target =
      'tag' in reference ? { package: image, tag: reference.tag } : { package: image, version: reference.digest.text };
    const params: ManifestParams = { image, reference, tags };
    return { endpoint: 'manifest', target, params };
  },
  blob: (image, last) => {
    const params: BlobParams = { image, digest: parseContentDigest(last) };
    return { endpoint: 'blob', target: { package: image, file: last }, params };
  },
  referrers: (image, last, { query }) => {
    const params: ReferrersParams = {
      image,
      subject: parseContentDigest(last),
      artifactTypes: query.getAll('artifactType').filter(type => type !== ''),
      after: query.get('last') || undefined,
    };
    return { endpoint: 'referrers', target: { package: image }, params };
  },
};

/** Paths below `/v2` that belong to no repository. A repository's name never begins with an underscore. */
export function rootRoute(request: RouteRequest): RouteResult {
  const path = request.path.segments.map(segment => segment.text).join('/');
  switch (path) {
    case '':
      return rootRouteOf(request, 'base', ['GET', 'HEAD'], {});
    case '_token': {
      const params: TokenParams = { scopes: request.query.getAll('scope') };
      return rootRouteOf(request, 'token', ['GET', 'HEAD', 'POST'], params);
    }
    case '_catalog':
      return rootRouteOf(request, 'catalog', ['GET', 'HEAD'], parsePage(request.query, maxCatalogPage));
    case '_oci/ext/discover':
      return rootRouteOf(request, 'extensions', ['GET', 'HEAD'], {});
    default:
      return undefined;
  }
}

function rootRouteOf(
  request: RouteRequest,
  endpoint: string,
  methods: readonly string[],
  params: unknown,
): RouteResult {
  return methods.includes(request.method) ? { endpoint, target: {}, params } : { allow: methods };
}

/** `n` above the limit is clamped, not refused; without `n` a page holds the limit. */
function parsePage(query: URLSearchParams, limit: number): PageParams {
  const n = query.get('n');
  if (n !== null && !/^\d{1,15}$/.test(n)) {
    throw ociError(
      'invalid-request',
      'PAGINATION_NUMBER_INVALID',
      'The number of entries (n) must be a whole number from 0 up.',
    );
  }
  return { limit: n === null ? limit : Math.min(Number(n), limit), after: query.get('last') || undefined };
}

function parseAlgorithm(text: string | null): DigestAlgorithm {
  if (text === null || isDigestAlgorithm(text)) return text ?? 'sha256';
  throw ociError('invalid-digest', 'DIGEST_INVALID', 'That digest algorithm is not supported; use sha256 or sha512.');
}

/** Tags pushed together with a digest: `PUT …/manifests/<digest>?tag=1.2&tag=1.2.3`. */
function parseTagParameters(query: URLSearchParams): string[] {
  const tags = [...new Set(query.getAll('tag'))];
  if (tags.length > maxTagParameters) {
    throw ociError('too-large', 'TAG_INVALID', `At most ${maxTagParameters} tags can be set with one push.`);
  }
  return tags.map(parseTag);
}

function optional<T>(text: string | null, parse: (text: string) => T): T | undefined {
  return text === null ? undefined : parse(text);
}
