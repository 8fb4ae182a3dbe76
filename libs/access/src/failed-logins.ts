import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { Clock } from '#kernel';
import { tooManyFailures } from './refusals.js';

const windowMs = 15 * 60_000;
const mostPerUserAndAddress = 10;
const mostPerAddress = 100;

interface Count {
  failures: number;
  /** Milliseconds of the clock at which the count is forgotten. */
  readonly until: number;
}

/** What other processes are told, so that several workers do not multiply the limit. */
export type FailureNews = { readonly kind: 'failed' | 'reset'; readonly name: string | null; readonly address: string };

/** One attempt under way. It counts as failed until it is settled, so that parallel guesses cannot slip below the limit. */
export interface Attempt {
  failed(): void;
  succeeded(): void;
  /** It came to no decision (server busy, database away): as if it had not happened. */
  withdrawn(): void;
}

/**
 * Counts failed log-ins: 10 for a user from one address and 100 from one address in 15 minutes. The owner of a name can always log in from
 * another address. Counts live in memory and are lost with the process; an attacker gains at most one window by a restart.
 */
export class FailedLogins {
  private readonly counts = new LRUCache<string, Count>({ max: 50_000 });

  constructor(
    private readonly clock: Clock,
    private readonly tell: (news: FailureNews) => void = () => {},
  ) {}

  /**
   * Begins an attempt with a user name.
   * @throws rate-limited with the seconds to wait.
   */
  begin(name: string, rawAddress: string): Attempt {
    const address = networkOf(rawAddress);
    const user = userKey(name, address);
    const origin = addressKey(address);
    this.refuseAbove(user, mostPerUserAndAddress);
    this.refuseAbove(origin, mostPerAddress);
    this.add(user, 1);
    this.add(origin, 1);
    return {
      failed: () => this.tell({ kind: 'failed', name, address }),
      succeeded: () => {
        const others = (this.live(user)?.failures ?? 1) - 1;
        this.forget(name, address);
        if (others > 0) this.tell({ kind: 'reset', name, address });
      },
      withdrawn: () => {
        this.add(user, -1);
        this.add(origin, -1);
      },
    };
  }

  /**
   * Counts a token that does not exist. Tokens are not tied to a name, so the address alone counts. A token that exists is admitted even
   * from an address with too many failures: nobody guesses 190 bits, and one misconfigured job must not stop its neighbours.
   * @throws rate-limited with the seconds to wait.
   */
  unknownToken(rawAddress: string): void {
    const address = networkOf(rawAddress);
    this.refuseAbove(addressKey(address), mostPerAddress);
    this.add(addressKey(address), 1);
    this.tell({ kind: 'failed', name: null, address });
  }

  /** Takes over what another process counted. */
  hear(news: FailureNews): void {
    if (news.kind === 'reset') {
      if (news.name !== null) this.forget(news.name, news.address);
      return;
    }
    if (news.name !== null) this.add(userKey(news.name, news.address), 1);
    this.add(addressKey(news.address), 1);
  }

  /** A success forgives the user's own failures only: otherwise one known account would wash away guesses at all the others. */
  private forget(name: string, address: string): void {
    const key = userKey(name, address);
    const own = this.live(key)?.failures ?? 0;
    this.counts.delete(key);
    if (own > 0) this.add(addressKey(address), -own);
  }

  private refuseAbove(key: string, limit: number): void {
    const count = this.live(key);
    if (count && count.failures >= limit)
      throw tooManyFailures(Math.max(1, Math.ceil((count.until - this.clock.now()) / 1000)));
  }

  private add(key: string, change: number): void {
    const count = this.live(key);
    if (!count) {
      if (change > 0) this.counts.set(key, { failures: change, until: this.clock.now() + windowMs });
      return;
    }
    count.failures += change;
    if (count.failures <= 0) this.counts.delete(key);
  }

  private live(key: string): Count | undefined {
    const count = this.counts.get(key);
    if (count && count.until <= this.clock.now()) {
      this.counts.delete(key);
      return undefined;
    }
    return count;
  }
}

function userKey(name: string, address: string): string {
  return `user ${address} ${name.toLowerCase()}`;
}

function addressKey(address: string): string {
  return `address ${address}`;
}

/** A customer owns a whole /64 of IPv6, so its first four groups count as one address. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  if (!isIPv6(address)) return address.slice(0, 64);
  const [head = '', tail] = address.split('%')[0]!.toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined
      ? first
      : [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0'), ...last];
  return groups
    .slice(0, 4)
    .map(group => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
