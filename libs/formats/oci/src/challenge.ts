import { parseContentPath } from '#http';
import type { FailedRequest } from '#registry';
import { locate, type Resource } from './route.js';

/** One service for all repositories: dockerd takes its challenge from `/v2/` alone and uses it for every image of the host. */
export const tokenService = 'container-registry';

const mountPrefix = '/v2/';

/** Where in the protocol a request stands, read from its URL alone, so that private and missing repositories look alike. */
export interface RequestPlace {
  /** `<repository>/<image>` as the client wrote it; undefined outside images. */
  readonly name: string | undefined;
  readonly resource: Resource | 'token' | 'catalog' | undefined;
}

/** Never throws: what cannot be read has no place. */
export function placeOf(url: string): RequestPlace {
  const path = url.split('?', 1)[0]!;
  if (!path.startsWith(mountPrefix)) return { name: undefined, resource: undefined };
  const below = path.slice(mountPrefix.length);
  if (below === '_token') return { name: undefined, resource: 'token' };
  if (below === '_catalog') return { name: undefined, resource: 'catalog' };
  try {
    const { segments, trailingSlash } = parseContentPath(below);
    const located = locate(
      segments.map(segment => segment.text),
      trailingSlash,
    );
    return { name: located?.nameParts.join('/') || undefined, resource: located?.resource };
  } catch {
    return { name: undefined, resource: undefined };
  }
}

/**
 * The one challenge that works for all clients: Bearer alone (dockerd and oras fail on two), with an absolute realm of the same origin and the scope
 * that the request needs. After a token was presented an `error` must be given, or containerd asks again up to five times.
 */
export function challengeOf(request: FailedRequest, refused: 'unauthenticated' | 'invalid-credentials'): string {
  const parts = [`realm="${request.origin}/v2/_token"`, `service="${tokenService}"`];
  const scope = neededScope(request);
  if (scope) parts.push(`scope="${scope}"`);
  if (presentsToken(request))
    parts.push(`error="${refused === 'invalid-credentials' ? 'invalid_token' : 'insufficient_scope'}"`);
  return `Bearer ${parts.join(',')}`;
}

function neededScope(request: FailedRequest): string | undefined {
  const { name, resource } = placeOf(request.url);
  if (resource === 'catalog') return 'registry:catalog:*';
  // A quote or a blank would break the header; no valid name holds one.
  if (name === undefined || !/^[\w./:-]+$/.test(name)) return undefined;
  return `repository:${name}:${neededActions(request.method, resource)}`;
}

function neededActions(method: string, resource: RequestPlace['resource']): string {
  if (method === 'DELETE' && (resource === 'manifest' || resource === 'blob')) return 'delete';
  if (resource === 'upload' || resource === 'uploads' || (method !== 'GET' && method !== 'HEAD')) return 'pull,push';
  return 'pull';
}

function presentsToken(request: FailedRequest): boolean {
  const header = request.headers['authorization'];
  return typeof header === 'string' && /^bearer\b/i.test(header);
}
