import type { RouteRequest, RouteResult } from '#registry';
import { parseRawPath, type RawPath } from './paths.js';

export interface ListingParams {
  /** Without a leading slash; empty or ending in a slash. */
  readonly prefix: string;
  readonly after: string | undefined;
  readonly limit: number;
}

const readMethods = new Set(['GET', 'HEAD']);
const defaultLimit = 100;
const maxLimit = 1_000;

/** `<dir>/` is a listing, anything else a file. */
export function route(request: RouteRequest): RouteResult {
  const { method, path } = request;
  if (path.segments.length === 0 || path.trailingSlash)
    return readMethods.has(method) ? listing(request) : { allow: ['GET', 'HEAD'] };
  const params = parseRawPath(path);
  const target = { package: params.path, file: params.path };
  if (readMethods.has(method)) return { endpoint: 'file', target, params };
  if (params.digest !== undefined) return { allow: ['GET', 'HEAD'] };
  if (method === 'PUT') return { endpoint: 'upload', target, params };
  if (method === 'DELETE') return { endpoint: 'remove', target, params };
  return { allow: ['GET', 'HEAD', 'PUT', 'DELETE'] };
}

function listing({ path, query }: RouteRequest): RouteResult {
  const prefix = path.segments.map(segment => `${segment.text}/`).join('');
  const asked = Number(query.get('limit') ?? defaultLimit);
  const limit = Number.isInteger(asked) && asked > 0 ? Math.min(asked, maxLimit) : defaultLimit;
  const params: ListingParams = { prefix, after: query.get('after') ?? undefined, limit };
  return { endpoint: 'listing', target: {}, params };
}

export type { RawPath };
