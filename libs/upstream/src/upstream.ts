import type { Dispatcher } from 'undici';
import type { Clock, Logger } from '#kernel';
import { AddressGuard, systemResolve, type Resolve } from './address-guard.js';
import { Admission, type Admitted } from './admission.js';
import { BearerTokens } from './bearer-tokens.js';
import { credentialsHeader } from './credentials.js';
import { openDispatcher } from './dispatcher.js';
import { discard, HttpExchange, type Method, type RawAnswer } from './http-exchange.js';
import { emptyBody, responseBody } from './response-body.js';
import type { UpstreamSettings } from './settings.js';
import type { Priority } from './slots.js';
import { redirectUrl, targetUrl } from './target.js';
import {
  failureOfStatus,
  isGzip,
  lengthsOf,
  type AnswerExpectations,
  type UpstreamResponse,
} from './upstream-answer.js';
import { UpstreamFailure } from './upstream-failure.js';
import type { UpstreamState } from './upstream-state.js';

export interface UpstreamRequest {
  readonly method: Method;
  /** Below the configured URL, with its query; or an absolute URL that the upstream's index named. */
  readonly path: string;
  /** Our own headers, such as `accept`. Never a client's. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Asks for the bytes from `start` to the end. With validators it becomes `If-Range`: other bytes come as a 200. */
  readonly range?: { readonly start: number };
  readonly validators?: { readonly etag?: string | undefined; readonly lastModified?: string | undefined };
  readonly priority?: Priority;
  /** Asks for gzip and gives the inflated bytes. For indexes, never for files. */
  readonly decompress?: boolean;
  /** Most bytes of the body as read. 200 MiB when `decompress` is set, otherwise none. */
  readonly maxBytes?: number;
  /** Requests with the same word share a token, for example the name of an image. */
  readonly tokenArea?: string;
}

export interface UpstreamContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly userAgent?: string;
  /** Test seams. */
  readonly resolve?: Resolve;
  readonly dispatcherFor?: (settings: UpstreamSettings, guard: AddressGuard) => Dispatcher;
}

interface Question {
  readonly request: UpstreamRequest;
  readonly expected: AnswerExpectations;
  readonly admitted: Admitted;
}

const inflatedLimit = 200 * 1024 * 1024;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const checkMessage = 'The upstream could not be used. Check its address, its credentials and the network.';

/** Everything that is asked of one upstream, with one revision of its settings. Memory is bounded by a few chunks for each running request. */
export class Upstream {
  readonly #admission: Admission;
  readonly #dispatcher: Dispatcher;
  readonly #exchange: HttpExchange;
  readonly #tokens: BearerTokens;
  readonly #common: Readonly<Record<string, string>>;

  constructor(
    private readonly settings: UpstreamSettings,
    private readonly context: UpstreamContext,
  ) {
    const guard = new AddressGuard(settings, context.resolve ?? systemResolve);
    this.#admission = new Admission(settings, context.clock, context.logger);
    this.#dispatcher = (context.dispatcherFor ?? openDispatcher)(settings, guard);
    this.#exchange = new HttpExchange(this.#dispatcher, guard, settings.outboundProxy !== undefined);
    this.#common = { 'user-agent': context.userAgent ?? 'Larder' };
    this.#tokens = new BearerTokens({
      settings,
      exchange: this.#exchange,
      clock: context.clock,
      headers: this.#common,
    });
  }

  /**
   * Asks the upstream. Resolves when the headers are there; the body must then be read to its end or destroyed. An error of the body is an
   * `UpstreamFailure` too.
   * @throws UpstreamFailure; the signal's own reason when it was aborted
   */
  request(request: UpstreamRequest): Promise<UpstreamResponse> {
    return this.#request(request, false);
  }

  state(): UpstreamState {
    return this.#admission.state();
  }

  /** Asks for the configured URL once, also while the circuit is open. Any definite answer but a refusal is a success; a failure has one text whatever it was. */
  async check(signal?: AbortSignal): Promise<UpstreamState> {
    try {
      const request: UpstreamRequest = { method: 'GET', path: '', ...(signal ? { signal } : {}) };
      (await this.#request(request, true)).body.destroy();
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      if (error.reason !== 'invalid' || error.status === undefined) this.#admission.forgetReason(checkMessage);
    }
    return this.state();
  }

  /** Refuses new requests and ends the running ones. */
  async close(): Promise<void> {
    this.#admission.close();
    await this.#dispatcher.destroy(new UpstreamFailure('blocked', 'The upstream is switched off.'));
  }

  async #request(request: UpstreamRequest, force: boolean): Promise<UpstreamResponse> {
    const url = targetUrl(this.settings, request.path);
    const { priority, signal } = request;
    const admitted = await this.#admission.enter(url.pathname, {
      force,
      ...(priority ? { priority } : {}),
      ...(signal ? { signal } : {}),
    });
    try {
      const question = { request, admitted, expected: expectations(request) };
      return await this.#answer(question, url);
    } catch (error) {
      if (error instanceof UpstreamFailure) admitted.failed(error);
      else admitted.abandoned();
      admitted.release();
      throw error;
    }
  }

  async #answer(question: Question, start: URL): Promise<UpstreamResponse> {
    const { expected, admitted, request } = question;
    const { answer, url } = await this.#follow(question, start);
    try {
      const failure = failureOfStatus(answer, expected, this.context.clock.now());
      if (failure) throw failure;
      const empty =
        request.method === 'HEAD' || answer.status === 304 || answer.status === 404 || answer.status === 410;
      const gunzip = !empty && isGzip(answer, request.decompress ?? false);
      const lengths = empty && request.method === 'GET' ? {} : lengthsOf(answer, { ...expected, gunzip });
      admitted.succeeded();
      if (empty) {
        discard(answer);
        admitted.release();
        return { ...describe(answer, url), ...defined(lengths), body: emptyBody() };
      }
      const announced = Number(answer.headers['content-length'] ?? NaN);
      const body = responseBody(
        answer.body,
        {
          announcedBytes: Number.isNaN(announced) ? undefined : announced,
          gunzip,
          maxBytes: expected.maxBytes,
          onEnd: bodyFailure => {
            if (bodyFailure) admitted.failed(bodyFailure);
            admitted.release();
          },
        },
        request.signal,
      );
      return { ...describe(answer, url), ...defined(lengths), body };
    } catch (error) {
      discard(answer);
      throw error;
    }
  }

  /** Follows redirects. Credentials and extra headers stay with the configured origin, and do not come back after another one was asked. */
  async #follow({ request }: Question, start: URL): Promise<{ answer: RawAnswer; url: URL }> {
    const origin = new URL(this.settings.url).origin;
    let url = start;
    let atHome = url.origin === origin;
    for (let hops = 0; ; hops++) {
      const answer = await (atHome ? this.#askHome(request, url) : this.#ask(request, url, {}));
      if (!redirects.has(answer.status)) return { answer, url };
      discard(answer);
      if (hops >= this.settings.maxRedirects)
        throw new UpstreamFailure('redirect', 'The upstream redirects too often.');
      url = redirectUrl(this.settings, url, answer.headers['location']);
      atHome &&= url.origin === origin;
    }
  }

  /** With credentials, and with a token when the upstream asks for one. A token goes before the credentials it was bought with. */
  async #askHome(request: UpstreamRequest, url: URL): Promise<RawAnswer> {
    const area = request.tokenArea ?? '';
    const known = this.#tokens.known(area);
    const extra = this.settings.headers ?? {};
    const authorization = known === undefined ? credentialsHeader(this.settings) : bearer(known);
    const first = await this.#ask(request, url, { ...extra, ...authorization });
    if (first.status !== 401) return first;
    discard(first);
    const token = await this.#tokens.answer(area, first.headers['www-authenticate'], known);
    return token === undefined ? first : this.#ask(request, url, { ...extra, ...bearer(token) });
  }

  #ask(request: UpstreamRequest, url: URL, own: Readonly<Record<string, string>>): Promise<RawAnswer> {
    const headers = { ...own, ...requestHeaders(request), ...this.#common };
    return this.#exchange.ask({ method: request.method, url, headers, signal: request.signal });
  }
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

function expectations(request: UpstreamRequest): AnswerExpectations {
  return {
    method: request.method,
    rangeStart: request.range?.start,
    conditional:
      request.range === undefined && Object.values(request.validators ?? {}).some(value => value !== undefined),
    gunzip: false,
    maxBytes: request.maxBytes ?? (request.decompress ? inflatedLimit : undefined),
  };
}

/** Names that only this room sets; a caller that hands on a client's headers by mistake hands on no secret. */
const ownNames =
  /^(?:host|authorization|proxy-.*|cookie|range|if-.*|accept-encoding|user-agent|connection|transfer-encoding|content-.*|expect|upgrade|te)$/;

function requestHeaders({ headers, range, validators, decompress }: UpstreamRequest): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!ownNames.test(name.toLowerCase())) own[name.toLowerCase()] = value;
  }
  own['accept-encoding'] = decompress ? 'gzip' : 'identity';
  const { etag, lastModified } = validators ?? {};
  if (range) {
    own['range'] = `bytes=${range.start}-`;
    // A weak validator cannot vouch for bytes (RFC 9110 section 13.1.5).
    const condition = etag !== undefined && !etag.startsWith('W/') ? etag : lastModified;
    if (condition !== undefined) own['if-range'] = condition;
    return own;
  }
  if (etag !== undefined) own['if-none-match'] = etag;
  if (lastModified !== undefined) own['if-modified-since'] = lastModified;
  return own;
}

function describe({ status, headers }: RawAnswer, url: URL): Omit<UpstreamResponse, 'body'> {
  const kind = status === 304 ? 'not-modified' : status === 404 || status === 410 ? 'absent' : 'ok';
  const validators = { etag: headers['etag'], lastModified: headers['last-modified'] };
  return { status, kind, headers, finalUrl: url.href, ...defined(validators) };
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
