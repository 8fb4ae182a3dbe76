import type { RouteRequest, RouteResult } from '#registry';
import { readFileName } from './filenames.js';
import { normaliseName, type ProjectName } from './names.js';
import { readVersion } from './versions.js';

export interface IndexParams {
  /** The `format` query parameter, which beats the `Accept` header; null when absent. */
  readonly format: string | null;
}
export interface ProjectParams extends IndexParams {
  readonly project: ProjectName;
}
export interface RedirectParams {
  /** Relative to the URL that was asked, so that it holds behind any proxy; the query is kept. */
  readonly location: string;
}
export interface FileParams {
  readonly project: ProjectName;
  readonly path: string;
}
export interface JsonParams {
  readonly project: ProjectName;
  /** Normal form; undefined: the latest. */
  readonly version: string | undefined;
}

const readMethods = ['GET', 'HEAD'];
const hexPath = /^[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{60}$/;
const metadataSuffix = '.metadata';

/**
 * The URL map below a repository. Upload URLs are `/`, `/legacy` and `/simple`, each with or without a final slash, because a POST must never be
 * redirected: twine stops and others turn it into a GET. A POST to any other URL is a wrong method and not a missing page: uv then asks whether the
 * index URL was meant.
 */
export function route(request: RouteRequest): RouteResult {
  const segments = request.path.segments.map(segment => segment.text);
  const uploads = takesUploads(segments);
  if (request.method === 'POST')
    return uploads ? { endpoint: 'upload', target: {}, params: undefined } : { allow: readMethods };
  const found = readRoute(segments, request);
  if (found && readMethods.includes(request.method)) return found;
  if (!found && !uploads) return undefined;
  return { allow: [...(found ? readMethods : []), ...(uploads ? ['POST'] : [])] };
}

function takesUploads(segments: readonly string[]): boolean {
  return segments.length === 0 || (segments.length === 1 && (segments[0] === 'legacy' || segments[0] === 'simple'));
}

function readRoute(segments: readonly string[], request: RouteRequest): RouteResult {
  switch (segments[0]) {
    // hatch asks `+simple` before it publishes.
    case 'simple':
    case '+simple':
      return simpleRoute(segments, request);
    case 'packages':
      return fileRoute(segments);
    case 'pypi':
      return jsonRoute(segments, request);
    default:
      return undefined;
  }
}

function simpleRoute(segments: readonly string[], request: RouteRequest): RouteResult {
  const { trailingSlash } = request.path;
  const format = request.query.get('format');
  if (segments.length === 1) {
    return trailingSlash
      ? { endpoint: 'root', target: {}, params: { format } }
      : redirect({}, `${segments[0]}/`, request);
  }
  const project = segments.length === 2 ? normaliseName(segments[1]!) : undefined;
  if (project === undefined) return undefined;
  const target = { package: project };
  if (!trailingSlash) return redirect(target, `${project}/`, request);
  if (project !== segments[1]) return redirect(target, `../${project}/`, request);
  return { endpoint: 'project', target, params: { format, project } };
}

function fileRoute(segments: readonly string[]): RouteResult {
  if (segments.length !== 5 || !hexPath.test(segments.slice(1, 4).join('/'))) return undefined;
  const last = segments[4]!;
  const distribution = readFileName(last.endsWith(metadataSuffix) ? last.slice(0, -metadataSuffix.length) : last);
  if (!distribution) return undefined;
  const { project, version } = distribution;
  return {
    endpoint: 'file',
    target: { package: project, version: version.text, file: last },
    params: { project, path: segments.join('/') },
  };
}

/** `pypi/<name>/json` and `pypi/<name>/<version>/json`. A name that is not normal is sent to the one that is, whether or not the project is there. */
function jsonRoute(segments: readonly string[], request: RouteRequest): RouteResult {
  if ((segments.length !== 3 && segments.length !== 4) || segments.at(-1) !== 'json') return undefined;
  const project = normaliseName(segments[1]!);
  const version = segments.length === 4 ? readVersion(segments[2]!)?.text : undefined;
  if (project === undefined || (segments.length === 4 && version === undefined)) return undefined;
  const target = version === undefined ? { package: project } : { package: project, version };
  if (project === segments[1]) return { endpoint: 'json', target, params: { project, version } };
  const up = '../'.repeat(segments.length - (request.path.trailingSlash ? 1 : 2));
  return redirect(target, `${up}${[project, ...segments.slice(2)].map(encodeURIComponent).join('/')}`, request);
}

function redirect(target: { package?: string; version?: string }, path: string, request: RouteRequest): RouteResult {
  const query = request.query.toString();
  return { endpoint: 'redirect', target, params: { location: query === '' ? path : `${path}?${query}` } };
}
