import type { Dispatcher } from 'undici';
import type { AddressGuard } from './address-guard.js';
import { failureOf, isReset, UpstreamFailure } from './upstream-failure.js';

export type Method = 'GET' | 'HEAD';

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; repeated ones joined by commas, in an object without prototype. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Dispatcher.ResponseData['body'];
}

export interface RawRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** One question and one answer, without redirects. */
export class HttpExchange {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly guard: AddressGuard,
    /** Through an outbound proxy our sockets lead to the proxy, so names are checked here, as far as they can be resolved from here. */
    private readonly checksNames: boolean,
  ) {}

  /** Asks a second time when the connection was cut before the answer began. @throws UpstreamFailure; the signal's reason */
  async ask(request: RawRequest): Promise<RawAnswer> {
    await this.#assertAddress(request.url);
    try {
      return await this.#once(request);
    } catch (error) {
      if (!isReset(error) || request.signal?.aborted) throw this.#failure(error, request.signal);
    }
    try {
      return await this.#once(request);
    } catch (error) {
      throw this.#failure(error, request.signal);
    }
  }

  async #once({ method, url, headers, signal }: RawRequest): Promise<RawAnswer> {
    const answer = await this.dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers,
      ...(signal ? { signal } : {}),
    });
    // The body may fail before anybody reads it; whoever reads it sees the failure all the same.
    answer.body.on('error', () => undefined);
    return { status: answer.statusCode, headers: plainHeaders(answer.headers), body: answer.body };
  }

  async #assertAddress(url: URL): Promise<void> {
    this.guard.assertLiteral(url.hostname);
    if (!this.checksNames) return;
    try {
      await this.guard.addresses(url.hostname);
    } catch (error) {
      if (error instanceof UpstreamFailure) throw error;
    }
  }

  #failure(error: unknown, signal: AbortSignal | undefined): unknown {
    return signal?.aborted ? signal.reason : failureOf(error, 'exchange');
  }
}

/** Reads away the rest of an answer that nobody wants, or closes its connection when that is a lot. Never throws. */
export function discard(answer: RawAnswer): void {
  answer.body.dump({ limit: 64 * 1024 }).catch(() => undefined);
}

function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const plain = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}
