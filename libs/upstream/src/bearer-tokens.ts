import { LRUCache } from 'lru-cache';
import type { Clock } from '#kernel';
import { parseBearerChallenge, type BearerChallenge } from './challenge.js';
import { credentialsHeader } from './credentials.js';
import { matchesHost, plainHost, registrableHost } from './hosts.js';
import { discard, type HttpExchange, type RawAnswer } from './http-exchange.js';
import { parseRetryAfter } from './retry-after.js';
import type { UpstreamSettings } from './settings.js';
import { failureOf, UpstreamFailure } from './upstream-failure.js';

interface Token {
  readonly value: string;
  readonly expiresAt: number;
}

/** A token is not used in its last seconds: it must still be valid when it arrives. */
const marginMs = 10_000;
/** What a token endpoint means that gives no `expires_in` (distribution's token specification). */
const defaultLifeSeconds = 60;
const answerLimit = 64 * 1024;

export interface TokenRequests {
  readonly settings: UpstreamSettings;
  readonly exchange: HttpExchange;
  readonly clock: Clock;
  /** Headers of every request, without credentials. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The tokens that an upstream's challenges ask for: one request for all waiters, kept until shortly before they expire. */
export class BearerTokens {
  readonly #tokens = new LRUCache<string, Token>({ max: 1_000 });
  readonly #pending = new Map<string, Promise<Token>>();
  /** Which token served last for an area of the upstream, so that the next request there need not be refused first. */
  readonly #areas = new LRUCache<string, string>({ max: 10_000 });

  constructor(private readonly requests: TokenRequests) {}

  /** The token to send with a first request. */
  known(area: string): string | undefined {
    const key = this.#areas.get(area);
    const token = key === undefined ? undefined : this.#tokens.get(key);
    return token && token.expiresAt > this.requests.clock.now() ? token.value : undefined;
  }

  /**
   * Answers the challenge of a 401. `used` is the token that was refused with it. undefined: the upstream asks for nothing that we could give.
   * @throws UpstreamFailure
   */
  async answer(area: string, header: string | undefined, used: string | undefined): Promise<string | undefined> {
    const challenge = parseBearerChallenge(header);
    if (!challenge) return undefined;
    const key = JSON.stringify([challenge.realm, challenge.service, challenge.scope]);
    const stored = this.#tokens.get(key);
    const current =
      stored && stored.expiresAt > this.requests.clock.now() && stored.value !== used ? stored : undefined;
    const token = current ?? (await this.#fetchOnce(key, challenge));
    this.#areas.set(area, key);
    return token.value;
  }

  #fetchOnce(key: string, challenge: BearerChallenge): Promise<Token> {
    const pending =
      this.#pending.get(key) ??
      this.#fetch(challenge)
        .then(token => {
          this.#tokens.set(key, token);
          return token;
        })
        .finally(() => this.#pending.delete(key));
    this.#pending.set(key, pending);
    return pending;
  }

  /** Redirects are not followed: a token endpoint that moves would take credentials with it. */
  async #fetch(challenge: BearerChallenge): Promise<Token> {
    const { settings, exchange, clock } = this.requests;
    const url = realmUrl(challenge);
    const headers = {
      ...this.requests.headers,
      accept: 'application/json',
      ...(mayHaveCredentials(settings, url) ? credentialsHeader(settings) : {}),
    };
    const { timeouts } = settings;
    // The token is for all who wait, so no client's signal ends the request.
    const signal = AbortSignal.timeout(timeouts.connectMs + timeouts.headersMs + timeouts.idleBodyMs);
    const answer = await exchange.ask({ method: 'GET', url, headers, signal }).catch((error: unknown) => {
      throw signal.aborted ? new UpstreamFailure('timeout', 'The token endpoint did not answer in time.') : error;
    });
    if (answer.status !== 200) {
      discard(answer);
      throw refusal(answer, clock.now());
    }
    return parseToken(await readSmall(answer), clock.now());
  }
}

function realmUrl({ realm, service, scope }: BearerChallenge): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new UpstreamFailure(
      'invalid',
      'The upstream asks for a token from an address that is not plain http or https.',
    );
  }
  url.hash = '';
  if (service !== undefined) url.searchParams.set('service', service);
  for (const part of scope?.split(' ').filter(Boolean) ?? []) url.searchParams.append('scope', part);
  return url;
}

/**
 * The upstream itself chooses the realm, so credentials go only to its own host, to hosts of the same owner and to those that the
 * administrator listed, and never over plain http when the upstream speaks https. Anybody else is asked for an anonymous token.
 */
export function mayHaveCredentials(settings: UpstreamSettings, realm: URL): boolean {
  const own = new URL(settings.url);
  if (own.protocol === 'https:' && realm.protocol !== 'https:') return false;
  if (matchesHost(settings.realmHosts, realm.hostname)) return true;
  return (
    plainHost(realm.hostname) === plainHost(own.hostname) ||
    registrableHost(realm.hostname) === registrableHost(own.hostname)
  );
}

function refusal({ status, headers }: RawAnswer, nowMs: number): UpstreamFailure {
  if (status === 401 || status === 403) {
    return new UpstreamFailure('refused', 'The token endpoint of the upstream refused us.', { status });
  }
  const retryAfterSeconds = parseRetryAfter(headers['retry-after'], nowMs);
  if (status === 429) {
    const options = { status, retryAfterSeconds: retryAfterSeconds ?? 30 };
    return new UpstreamFailure('limited', 'The token endpoint of the upstream limits us.', options);
  }
  if (status >= 500)
    return new UpstreamFailure('server-error', 'The token endpoint of the upstream failed.', { status });
  return new UpstreamFailure('invalid', 'The token endpoint of the upstream gave no token.', { status });
}

async function readSmall(answer: RawAnswer): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > answerLimit) throw new UpstreamFailure('too-large', 'The token endpoint answered too much.');
      chunks.push(chunk);
    }
  } catch (error) {
    throw failureOf(error, 'body');
  }
  return Buffer.concat(chunks).toString();
}

function parseToken(text: string, nowMs: number): Token {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const answer = (parsed ?? {}) as { token?: unknown; access_token?: unknown; expires_in?: unknown };
  const value = answer.token ?? answer.access_token;
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw new UpstreamFailure('invalid', 'The token endpoint of the upstream gave no token.');
  }
  const given = answer.expires_in;
  const seconds = typeof given === 'number' && given > 0 ? given : defaultLifeSeconds;
  return { value, expiresAt: nowMs + seconds * 1_000 - marginMs };
}
