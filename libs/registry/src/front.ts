import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { Authenticator } from '#access';
import { Repositories } from '#catalog';
import { Origins, parseContentPath } from '#http';
import { LarderError, looksLikeRepositoryName } from '#kernel';
import { Exchange } from './exchange.js';
import { Failures } from './failures.js';
import { mountOf, type Format, type Route, type RouteRequest, type RouteResult } from './format.js';
import { Formats } from './formats.js';
import { Gate } from './gate.js';
import { noSuchRepository } from './undisclosed.js';

const repositoryPrefix = '/repository';

/**
 * The first steps of the pipeline, the same for every protocol: canonical URL, repository, route of its format, target, principal. It then rewrites the URL to the
 * format's mount, where the guard and the handler wait. There is no other way to a format's handlers.
 */
@Injectable()
export class Front {
  constructor(
    private readonly formats: Formats,
    private readonly repositories: Repositories,
    private readonly authenticator: Authenticator,
    private readonly gate: Gate,
    private readonly origins: Origins,
    private readonly failures: Failures,
  ) {}

  /** The Express middleware. It must come first. */
  readonly handle = (req: Request, res: Response, next: NextFunction): void => {
    this.begin(req, res).then(
      proceed => {
        if (proceed) next();
      },
      (error: unknown) => this.failures.answer(req, res, error),
    );
  };

  private async begin(req: Request, res: Response): Promise<boolean> {
    takeOriginForm(req);
    const exchange = new Exchange(req, res, this.origins.originOf(req), this.origins.clientAddress(req));
    exchange.attach();
    res.setHeader('X-Request-Id', exchange.requestId);
    const question = req.url.indexOf('?');
    const path = question === -1 ? req.url : req.url.slice(0, question);
    const query = question === -1 ? '' : req.url.slice(question + 1);
    const format = this.mountedFormat(path);
    if (format) await this.enterMount(exchange, req, { format, path, query });
    else if (path === repositoryPrefix || path.startsWith(`${repositoryPrefix}/`))
      await this.enterRepository(exchange, req, { path, query });
    else if (path.startsWith('/~')) throw new LarderError('not-found', 'There is nothing at this path.');
    return true;
  }

  private mountedFormat(path: string): Format | undefined {
    return this.formats.all.find(
      ({ mount }) => mount !== undefined && (path === mount.prefix || path.startsWith(`${mount.prefix}/`)),
    );
  }

  /** `/v2/…`: the format is known from the URL; the repository is the first segment unless the format knows the path as its own. */
  private async enterMount(
    exchange: Exchange,
    req: Request,
    at: { format: Format; path: string; query: string },
  ): Promise<void> {
    const { format } = at;
    const mount = format.mount!;
    exchange.enter(format, undefined);
    const below = at.path.slice(mount.prefix.length);
    const root = mount.rootRoute(this.routeRequest(req, format, below, at.query));
    if (root) {
      await this.authenticate(exchange, req);
      this.dispatch(exchange, req, root);
      return;
    }
    const [name = '', rest] = splitFirst(below);
    exchange.repositoryName = name;
    const route = format.route(this.routeRequest(req, format, rest, at.query));
    if (route && 'endpoint' in route) exchange.target = route.target;
    await this.authenticate(exchange, req);
    await this.find(exchange, name, candidate => candidate === format);
    this.disclose(exchange, route);
    this.dispatch(exchange, req, route);
  }

  private async enterRepository(exchange: Exchange, req: Request, at: { path: string; query: string }): Promise<void> {
    const [name = '', rest] = splitFirst(at.path.slice(repositoryPrefix.length));
    exchange.repositoryName = name;
    await this.authenticate(exchange, req);
    const format = await this.find(exchange, name, candidate => candidate.mount === undefined);
    // Whether a path is well formed may be told only to those who may know of the repository.
    const parsed = attempt(() => format.route(this.routeRequest(req, format, rest, at.query)));
    this.disclose(exchange, parsed.value);
    if (parsed.error !== undefined) throw parsed.error;
    this.dispatch(exchange, req, parsed.value);
  }

  /** @throws unauthenticated or not-found, in the words for a repository that does not exist, when the principal may not know of this one */
  private disclose(exchange: Exchange, route: RouteResult): void {
    if (this.gate.canSee(exchange)) {
      exchange.disclosed = true;
      return;
    }
    if (route && 'open' in route && route.open) return;
    exchange.trace.add('repository', 'hidden', { name: exchange.repository.name });
    throw unknownTo(exchange, exchange.repository.name);
  }

  private async authenticate(exchange: Exchange, req: Request): Promise<void> {
    exchange.principal = await this.authenticator.authenticate({
      authorization: req.headers.authorization,
      address: exchange.clientAddress,
    });
    exchange.trace.add('authenticate', exchange.principal.kind, { principal: exchange.principal.name });
  }

  /** @throws unauthenticated or not-found, in the same words for a missing repository as for a hidden one */
  private async find(exchange: Exchange, name: string, fits: (format: Format) => boolean): Promise<Format> {
    const repository = looksLikeRepositoryName(name) ? await this.repositories.find(name) : undefined;
    const format = repository && this.formats.find(repository.format);
    if (!repository || !format || !fits(format)) {
      exchange.trace.add('repository', 'unknown', { name });
      throw unknownTo(exchange, name);
    }
    exchange.enter(format, repository);
    exchange.trace.add('repository', 'found', { name, format: format.name, kind: repository.kind });
    return format;
  }

  private routeRequest(req: Request, format: Format, rawPath: string, query: string): RouteRequest {
    return {
      method: req.method,
      path: parseContentPath(rawPath, { encodedSlashes: format.encodedSlashes === true }),
      query: parseQuery(query),
      headers: req.headers,
    };
  }

  private dispatch(exchange: Exchange, req: Request, route: RouteResult): void {
    if (route === undefined) {
      exchange.trace.add('route', 'unknown');
      req.url = `/${mountOf(exchange.format.name)}/~unknown`;
      return;
    }
    if ('allow' in route) {
      exchange.trace.add('route', 'wrong-method', { allow: route.allow });
      exchange.params = route.allow;
      req.url = `/${mountOf(exchange.format.name)}/~wrong-method`;
      return;
    }
    this.enter(exchange, req, route);
  }

  private enter(exchange: Exchange, req: Request, route: Route): void {
    exchange.target = route.target;
    exchange.params = route.params;
    exchange.trace.add('route', route.endpoint, { ...route.target });
    req.url = `/${mountOf(exchange.format.name)}/${route.endpoint}`;
  }
}

function unknownTo(exchange: Exchange, name: string): LarderError {
  return exchange.principal.kind === 'anonymous'
    ? new LarderError('unauthenticated', `Sign in to use ${name}.`)
    : noSuchRepository(name);
}

function attempt<T>(work: () => T): { value?: T; error?: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

/**
 * A request target may be written as a whole URL (RFC 9112 section 3.2.2), as clients do that take us for a proxy. Routes are matched against its path, by us and by
 * Express, so it is cut down to that once: two readings of one target would be a way past this middleware. The authority in it says nothing that we believe.
 * @throws invalid-request for a target that has no path
 */
function takeOriginForm(req: Request): void {
  const authority = /^https?:\/\/[^/?#\\]*(?=\/|$)/i.exec(req.url)?.[0];
  if (authority !== undefined) {
    req.url = req.url.slice(authority.length) || '/';
    req.originalUrl = req.url;
  }
  if (!req.url.startsWith('/'))
    throw new LarderError('invalid-request', 'The request must name a path that begins with a slash.');
}

/** @throws invalid-request for NUL, which no name, number or text of a query has and which the database does not take */
function parseQuery(query: string): URLSearchParams {
  if (/%00|\0/.test(query))
    throw new LarderError('invalid-request', 'The query contains the character NUL, which nothing here has.');
  return new URLSearchParams(query);
}

/** `/a/b/c` → [`a`, `/b/c`]. The first part is not decoded: repository names need no encoding. */
function splitFirst(path: string): [string, string] {
  const trimmed = path.replace(/^\/+/, '');
  const slash = trimmed.indexOf('/');
  return slash === -1 ? [trimmed, ''] : [trimmed.slice(0, slash), trimmed.slice(slash)];
}
