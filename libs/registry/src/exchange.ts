import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { anonymousPrincipal, type Principal } from '#access';
import type { Actor } from '#audit';
import type { RepositoryRow } from '#catalog';
import { timeOrderedId } from '#kernel';
import type { RepositoryContext } from './context.js';
import type { Format, Target } from './format.js';
import { Trace } from './trace.js';

const slot = Symbol('larder.exchange');
type Carrier = { [slot]?: Exchange };

const acceptableRequestId = /^[A-Za-z0-9._-]{1,64}$/;
const longestClient = 200;
const noTarget: Target = Object.freeze({});

/**
 * One request and what the pipeline has found out about it so far. The front fills in repository, format, target and params; authentication the principal. To a
 * handler it is its `RepositoryContext`.
 */
export class Exchange implements RepositoryContext {
  readonly trace = new Trace();
  readonly requestId: string;
  principal: Principal = anonymousPrincipal;
  target: Target = noTarget;
  params: unknown = undefined;
  /** Repository name as in the URL, known or not. */
  repositoryName: string | undefined;
  /** Path and query as the client sent them; `req.url` is rewritten. */
  readonly url: string;
  /** True once it is known that the principal may know of the repository. Until then every refusal is worded without looking at it. */
  disclosed = false;
  private repositoryRow: RepositoryRow | undefined;
  private formatValue: Format | undefined;
  private controller: AbortController | undefined;

  constructor(
    private readonly req: Request,
    private readonly res: Response,
    readonly origin: string,
    readonly clientAddress: string,
  ) {
    this.url = req.url;
    const given = req.headers['x-request-id'];
    this.requestId = typeof given === 'string' && acceptableRequestId.test(given) ? given : timeOrderedId();
  }

  static of(req: object): Exchange | undefined {
    return (req as Carrier)[slot];
  }

  attach(): void {
    (this.req as Carrier)[slot] = this;
  }

  /** Gives the exchange its repository; below a format's own mount there may be none. */
  enter(format: Format, repository: RepositoryRow | undefined): void {
    this.formatValue = format;
    this.repositoryRow = repository;
  }

  get repository(): RepositoryRow {
    if (!this.repositoryRow) throw new Error('this request belongs to no repository');
    return this.repositoryRow;
  }

  get repositoryIfAny(): RepositoryRow | undefined {
    return this.repositoryRow;
  }

  get format(): Format {
    if (!this.formatValue) throw new Error('this request belongs to no format');
    return this.formatValue;
  }

  get formatIfAny(): Format | undefined {
    return this.formatValue;
  }

  get baseUrl(): string {
    const prefix = this.format.mount?.prefix ?? '/repository';
    return `${this.origin}${prefix}/${this.repository.name}`;
  }

  get actor(): Actor {
    return {
      principalId: this.principal.id,
      principalName: this.principal.name,
      tokenId: this.principal.limits?.tokenId ?? null,
      client: this.req.headers['user-agent']?.slice(0, longestClient) ?? null,
      sourceAddress: this.clientAddress,
      requestId: this.requestId,
    };
  }

  /** Made on first use: most requests never ask for it. */
  get signal(): AbortSignal {
    if (!this.controller) {
      const controller = new AbortController();
      this.controller = controller;
      this.res.once('close', () => {
        if (!this.res.writableFinished) controller.abort();
      });
      if (this.res.closed && !this.res.writableFinished) controller.abort();
    }
    return this.controller.signal;
  }
}

/** Gives a handler the context of its request. */
export const Ctx = createParamDecorator((_: unknown, host: ExecutionContext) =>
  Exchange.of(host.switchToHttp().getRequest<Request>()),
);

/**
 * The context of a management request for one repository: the same principal, request id and trace, with the target that the resource is about. With it the
 * services of the content pipeline take changes from REST too.
 */
export function contextFor(
  req: object,
  format: Format,
  repository: RepositoryRow,
  target: Target = {},
): RepositoryContext {
  const exchange = Exchange.of(req);
  if (!exchange) throw new Error('the request did not pass the front');
  exchange.enter(format, repository);
  exchange.target = target;
  exchange.repositoryName = repository.name;
  return exchange;
}
