import { Inject, Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import type { Logger } from '#kernel';
import { Exchange } from './exchange.js';
import type { Target } from './format.js';
import { loggerToken } from './tokens.js';

interface Series {
  readonly format: string;
  readonly method: string;
  readonly status: string;
  requests: number;
  seconds: number;
}

const knownMethods = new Set(['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE']);

/**
 * The last step of the pipeline: one line in the access log and one count for each request, whatever answered it. Changes and refusals are logged at `info`,
 * reads and what they miss at `debug`: a build makes thousands of both. Paths are logged without their query, whose values may be secrets.
 */
@Injectable()
export class Recorder {
  private readonly series = new Map<string, Series>();

  constructor(@Inject(loggerToken) private readonly logger: Logger) {}

  /** The Express middleware, before all others. */
  readonly handle = (req: Request, res: Response, next: NextFunction): void => {
    const startedAt = performance.now();
    res.once('close', () => this.record(req, res, (performance.now() - startedAt) / 1000));
    next();
  };

  /** Counters in the Prometheus text format. */
  metrics(): string[] {
    const all = [...this.series.values()];
    const labels = (s: Series) => `{format="${s.format}",method="${s.method}",status="${s.status}"}`;
    return [
      '# TYPE larder_requests_total counter',
      ...all.map(s => `larder_requests_total${labels(s)} ${s.requests}`),
      '# TYPE larder_request_seconds_total counter',
      ...all.map(s => `larder_request_seconds_total${labels(s)} ${s.seconds.toFixed(3)}`),
    ];
  }

  private record(req: Request, res: Response, seconds: number): void {
    const exchange = Exchange.of(req);
    const complete = res.writableFinished;
    this.count(
      exchange?.formatIfAny?.name ?? 'none',
      req.method,
      complete ? `${Math.floor(res.statusCode / 100)}xx` : 'cut',
      seconds,
    );
    const quiet =
      complete && (res.statusCode < 400 || res.statusCode === 404) && (req.method === 'GET' || req.method === 'HEAD');
    if (!this.logger.isLevelEnabled(quiet ? 'debug' : 'info')) return;
    this.logger[quiet ? 'debug' : 'info'](lineOf(req, res, exchange, seconds), 'request');
  }

  private count(format: string, method: string, status: string, seconds: number): void {
    const known = knownMethods.has(method) ? method : 'other';
    const key = `${format} ${known} ${status}`;
    let series = this.series.get(key);
    if (!series) {
      series = { format, method: known, status, requests: 0, seconds: 0 };
      this.series.set(key, series);
    }
    series.requests++;
    series.seconds += seconds;
  }
}

function lineOf(req: Request, res: Response, exchange: Exchange | undefined, seconds: number): Record<string, unknown> {
  const url = exchange?.url ?? req.url;
  const question = url.indexOf('?');
  return {
    requestId: exchange?.requestId,
    method: req.method,
    path: withoutTokens(question === -1 ? url : url.slice(0, question)),
    status: res.statusCode,
    complete: res.writableFinished,
    ms: Math.round(seconds * 1000),
    principal: exchange?.principal.id,
    tokenId: exchange?.principal.limits?.tokenId ?? undefined,
    address: exchange?.clientAddress,
    repository: exchange?.repositoryName,
    ...(exchange && withoutTokensIn(exchange.target)),
  };
}

/** What the path names, which may be a token just as well as the path itself. */
function withoutTokensIn(target: Target): Target {
  return Object.fromEntries(
    Object.entries(target).map(([name, text]) => [name, typeof text === 'string' ? withoutTokens(text) : text]),
  );
}

/** `npm logout` puts its token into the path. */
function withoutTokens(path: string): string {
  return path.replace(/ldr_[A-Za-z0-9_]+/g, '[removed]');
}
