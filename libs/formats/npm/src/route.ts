import { LarderError } from '#kernel';
import type { PathSegment } from '#http';
import type { Route, RouteRequest, RouteResult, Target } from '#registry';
import { packumentForm, type PackumentForm } from './accept.js';
import { canonicalVersion, parsePackageName, parseTag } from './names.js';

export interface PackageParams {
  readonly name: string;
}
export interface PackumentParams extends PackageParams {
  readonly form: PackumentForm;
  /** `?write=true`: the client will send the document back, so it gets the current one, uncached. */
  readonly forWriting: boolean;
}
export interface VersionParams extends PackageParams {
  /** A version in any spelling, or a tag. */
  readonly selector: string;
}
export interface FileParams extends PackageParams {
  /** Base name of the tarball; compared with the stored one, never taken apart. */
  readonly file: string;
}
export interface RevisionParams extends PackageParams {
  /** The `_rev` that the client has read; undefined when the URL has none. */
  readonly revision: string | undefined;
}
export interface TagParams extends PackageParams {
  readonly tag: string;
}
export interface LoginParams {
  readonly user: string;
}
export interface LogoutParams {
  readonly token: string;
}

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

/**
 * The path grammar of a repository (guide, sections 2.2 to 2.4), on segments that were decoded once. A scoped name is one
 * segment with an encoded slash or two segments. HEAD is answered wherever GET is.
 * @throws invalid-name, invalid-tag, invalid-request for a path that is wrong in itself
 */
export function route(request: RouteRequest): RouteResult {
  const [first] = request.path.segments;
  if (first === undefined) return choose(request, { GET: () => simple('root') });
  if (first.text === '-') return serviceRoute(request, request.path.segments.slice(1));
  const { name, rest } = takeName(request.path.segments);
  return packageRoute(request, name, rest);
}

function packageRoute(request: RouteRequest, name: string, rest: readonly PathSegment[]): RouteResult {
  const [first, second, ...more] = rest.map(segment => segment.text);
  if (first === undefined) return packageRoutes(request, name);
  if (first === '-rev') {
    if (second === undefined || more.length > 0) return undefined;
    const params: RevisionParams = { name, revision: second };
    return choose(request, {
      PUT: () => ({ endpoint: 'package-revision', target: { package: name }, params }),
      DELETE: () => ({ endpoint: 'package', target: { package: name }, params }),
    });
  }
  if (first === '-') return fileRoutes(request, name, rest.slice(1));
  return second === undefined ? selectorRoutes(request, name, first) : undefined;
}

function packageRoutes(request: RouteRequest, name: string): RouteResult {
  const target: Target = { package: name };
  return choose(request, {
    GET: () => {
      const params: PackumentParams = {
        name,
        form: packumentForm(header(request, 'accept')),
        forWriting: request.query.get('write') === 'true',
      };
      return { endpoint: 'packument', target, params };
    },
    PUT: () => ({ endpoint: 'package', target, params: { name } satisfies PackageParams }),
    DELETE: () => ({ endpoint: 'package', target, params: { name, revision: undefined } satisfies RevisionParams }),
  });
}

/** `GET <pkg>/<version or tag>`, and the legacy way to set a tag: `PUT <pkg>/<tag>`. */
function selectorRoutes(request: RouteRequest, name: string, selector: string): RouteResult {
  if (selector.includes('/'))
    throw new LarderError('invalid-version', `"${selector.slice(0, 80)}" is neither a version nor a dist-tag.`);
  return choose(request, {
    GET: () => {
      const version = canonicalVersion(selector);
      const target = version === undefined ? { package: name, tag: selector } : { package: name, version };
      return { endpoint: 'version-document', target, params: { name, selector } satisfies VersionParams };
    },
    PUT: () => tagRoute(name, selector),
  });
}

/** `-/<file>`, `-/@scope/<file>` or `-/@scope%2f<file>`, each also with `/-rev/<revision>` for a removal. */
function fileRoutes(request: RouteRequest, name: string, rest: readonly PathSegment[]): RouteResult {
  const texts = rest.map(segment => segment.text);
  const mark = texts.indexOf('-rev');
  const revision = mark === -1 ? undefined : texts[mark + 1];
  if (mark !== -1 && (revision === undefined || texts.length !== mark + 2)) return undefined;
  const joined = texts.slice(0, mark === -1 ? undefined : mark).join('/');
  const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/') + 1) : '';
  const file = scope !== '' && joined.startsWith(scope) ? joined.slice(scope.length) : joined;
  if (file === '' || file.includes('/')) return undefined;
  const target: Target = { package: name, file };
  const remove = () => ({
    endpoint: 'tarball',
    target,
    params: { name, file, revision } satisfies FileParams & RevisionParams,
  });
  if (mark !== -1) return choose(request, { DELETE: remove });
  return choose(request, {
    GET: () => ({ endpoint: 'tarball', target, params: { name, file } satisfies FileParams }),
    DELETE: remove,
  });
}

function serviceRoute(request: RouteRequest, rest: readonly PathSegment[]): RouteResult {
  const texts = rest.map(segment => segment.text);
  if (texts.length === 1 && texts[0] === 'ping') return choose(request, { GET: () => simple('ping') });
  if (texts.length === 1 && texts[0] === 'whoami') return choose(request, { GET: () => simple('whoami') });
  if (texts[0] === 'user') return userRoute(request, texts.slice(1));
  if (texts[0] === 'package' && texts.length > 1) {
    const { name, rest: behind } = takeName(rest.slice(1));
    return tagRoutes(
      request,
      name,
      behind.map(segment => segment.text),
    );
  }
  return undefined;
}

const loginPrefix = 'org.couchdb.user:';

function userRoute(request: RouteRequest, texts: readonly string[]): RouteResult {
  const [first, second, third, ...more] = texts;
  if (first === 'token' && second !== undefined && third === undefined) {
    return choose(request, {
      DELETE: () => ({ endpoint: 'logout', target: {}, params: { token: second } satisfies LogoutParams }),
    });
  }
  // After a 409 npm sends its login again to the same path with a revision; it means the same.
  const revised = second === '-rev' && third !== undefined && more.length === 0;
  if (!first?.startsWith(loginPrefix) || (second !== undefined && !revised)) return undefined;
  const params: LoginParams = { user: first.slice(loginPrefix.length) };
  return choose(request, { PUT: () => ({ endpoint: 'login', target: {}, params, open: true }) });
}

function tagRoutes(request: RouteRequest, name: string, texts: readonly string[]): RouteResult {
  const [word, tag, ...more] = texts;
  if (word !== 'dist-tags' || more.length > 0) return undefined;
  if (tag === undefined) {
    return choose(request, {
      GET: () => ({ endpoint: 'dist-tags', target: { package: name }, params: { name } satisfies PackageParams }),
    });
  }
  const make = () => tagRoute(name, tag);
  return choose(request, { PUT: make, POST: make, DELETE: make });
}

function tagRoute(name: string, text: string): Route<TagParams> {
  const tag = parseTag(text);
  return { endpoint: 'dist-tag', target: { package: name, tag }, params: { name, tag } };
}

/** Takes a package name off the front: one segment, or two for a scoped name with a plain slash. */
function takeName(segments: readonly PathSegment[]): { name: string; rest: readonly PathSegment[] } {
  const first = segments[0]?.text ?? '';
  const second = segments[1]?.text;
  if (first.startsWith('@') && !first.includes('/') && second !== undefined) {
    return { name: parsePackageName(`${first}/${second}`), rest: segments.slice(2) };
  }
  return { name: parsePackageName(first), rest: segments.slice(1) };
}

function simple(endpoint: string): Route {
  return { endpoint, target: {}, params: {} };
}

function choose(request: RouteRequest, handlers: Partial<Record<Method, () => Route>>): RouteResult {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  for (const [name, make] of Object.entries(handlers)) {
    if (name === method) return make();
  }
  return { allow: Object.keys(handlers).flatMap(name => (name === 'GET' ? ['GET', 'HEAD'] : [name])) };
}

function header(request: RouteRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}
