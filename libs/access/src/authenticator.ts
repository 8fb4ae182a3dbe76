import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { isLarderError, type Clock, type Logger } from '#kernel';
import { accessTopic, parseAccessNotice } from './access-notices.js';
import { isEmptyBasic, parseAuthorization } from './authorization-header.js';
import type { Authorizer } from './authorizer.js';
import type { Principal } from './contract.js';
import type { Verified } from './credential-checker.js';
import type { CredentialStrategies } from './credential-strategies.js';
import type { Database } from '#database';
import { anonymousPrincipal } from './principals.js';
import type { TokenUse } from './token-use.js';

export interface Credentials {
  /** The header as sent. */
  readonly authorization?: string | undefined;
  /** Where the request comes from, for the limit on failures and the last use of tokens. */
  readonly address: string;
}

interface Remembered {
  readonly principal: Principal;
  readonly verifiedAt: number;
  readonly until: number;
}

const rememberedMs = 60_000;
/** Without notifications a revocation cannot be heard, so nothing is believed for longer than the second it may take. */
const rememberedDeafMs = 1_000;
const mostRemembered = 10_000;

/**
 * Turns the Authorization header into a principal. A header that was good is remembered for at most a minute, under its SHA-256, and
 * forgotten as soon as any process changes the credentials of its user: a hit costs microseconds, a revocation holds within a second.
 */
export class Authenticator {
  private readonly remembered = new LRUCache<string, Remembered>({ max: mostRemembered });
  private readonly checking = new Map<string, Promise<Principal>>();
  /** Counts invalidations: what was read before one must not be remembered after it. */
  private generation = 0;

  constructor(
    private readonly strategies: CredentialStrategies,
    private readonly authorizer: Authorizer,
    private readonly tokenUse: TokenUse,
    private readonly clock: Clock,
    private readonly environment: { readonly database: Database; readonly logger: Logger },
  ) {
    environment.database.on(accessTopic, payload => this.hear(payload));
    environment.database.onReconnect(() => this.forget('all'));
  }

  /**
   * No header is anonymous; a wrong one is refused and never treated as anonymous. Also waits for the current rights, so that
   * `Authorizer.authorize` may follow without waiting.
   * @throws invalid-credentials, rate-limited (with the seconds to wait), unavailable.
   */
  async authenticate(credentials: Credentials): Promise<Principal> {
    if (!this.authorizer.current) await this.authorizer.ready();
    const { authorization, address } = credentials;
    if (authorization === undefined) return anonymousPrincipal;
    const key = hash('sha256', authorization, 'base64');
    const hit = this.recall(key);
    if (hit) {
      this.recordUse(hit, address);
      return hit;
    }
    if (isEmptyBasic(authorization)) return anonymousPrincipal;
    return this.checkOnce(key, authorization, address);
  }

  private recall(key: string): Principal | undefined {
    const entry = this.remembered.get(key);
    if (!entry) return undefined;
    const now = this.clock.now();
    const until = this.environment.database.notificationsLive
      ? entry.until
      : Math.min(entry.until, entry.verifiedAt + rememberedDeafMs);
    // A clock that was set back must not lengthen a life.
    if (now < until && now >= entry.verifiedAt) return entry.principal;
    this.remembered.delete(key);
    return undefined;
  }

  /** Requests that arrive together with the same header wait for one check: a client opens many connections at once. */
  private checkOnce(key: string, authorization: string, address: string): Promise<Principal> {
    const group = `${this.generation} ${key} ${address}`;
    let check = this.checking.get(group);
    if (!check) {
      check = this.check(key, authorization, address).finally(() => this.checking.delete(group));
      this.checking.set(group, check);
    }
    return check;
  }

  private async check(key: string, authorization: string, address: string): Promise<Principal> {
    const generation = this.generation;
    const verifiedAt = this.clock.now();
    const { principal, validForMs } = await this.verify(authorization, address);
    if (generation === this.generation) {
      this.remembered.set(key, { principal, verifiedAt, until: verifiedAt + Math.min(rememberedMs, validForMs) });
    }
    this.recordUse(principal, address);
    return principal;
  }

  private async verify(authorization: string, address: string): Promise<Verified> {
    try {
      const { scheme, value } = parseAuthorization(authorization);
      return await this.strategies.verify(scheme, value, address);
    } catch (error) {
      if (isLarderError(error, 'invalid-credentials'))
        this.environment.logger.info({ address }, 'credentials were refused');
      throw error;
    }
  }

  private recordUse(principal: Principal, address: string): void {
    const tokenId = principal.limits?.tokenId;
    if (tokenId) this.tokenUse.record(tokenId, address);
  }

  private hear(payload: string): void {
    const { credentialsOf } = parseAccessNotice(payload);
    if (credentialsOf !== null) this.forget(credentialsOf);
  }

  private forget(userId: string): void {
    this.generation++;
    if (userId === 'all') {
      this.remembered.clear();
      return;
    }
    for (const [key, entry] of this.remembered.entries()) {
      if (entry.principal.userId === userId) this.remembered.delete(key);
    }
  }
}
