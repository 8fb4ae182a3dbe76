import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { matchesHost, plainHost } from './hosts.js';
import type { UpstreamSettings } from './settings.js';
import { UpstreamFailure } from './upstream-failure.js';

/** Gives all addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export const systemResolve: Resolve = async hostname =>
  (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);

/** `never`: an address that no service of anybody can have, or that of a cloud's metadata service; no setting opens it. */
export type AddressKind = 'public' | 'private' | 'never';

const privateRanges: ReadonlySet<string> = new Set(['loopback', 'private', 'carrierGradeNat', 'uniqueLocal']);
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** Sorts an address. IPv4 inside IPv6 (mapped, NAT64) counts as the IPv4 address that it leads to. */
export function addressKind(address: string): AddressKind {
  if (!ipaddr.isValid(address)) return 'never';
  let parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.range() === 'rfc6052') {
    parsed = ipaddr.fromByteArray(parsed.toByteArray().slice(-4));
  }
  const range = parsed.range();
  if (privateRanges.has(range)) return 'private';
  if (range !== 'unicast') return 'never';
  return parsed instanceof ipaddr.IPv6 && !parsed.match(globalUnicast) ? 'never' : 'public';
}

/**
 * Decides which addresses a connection may be made to. Names are resolved here, once for each connection, and the socket connects to what
 * was checked, so an answer that changes afterwards changes nothing. One bad address among several refuses the name.
 */
export class AddressGuard {
  readonly #ownHost: string;

  constructor(
    private readonly settings: UpstreamSettings,
    private readonly resolve: Resolve,
  ) {
    this.#ownHost = plainHost(new URL(settings.url).hostname);
  }

  /** For `net.connect`. It is not called for a host that is an address: `assertLiteral` has seen that one. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.addresses(hostname).then(
      addresses => {
        const family = typeof options.family === 'string' ? Number(options.family.slice(-1)) : (options.family ?? 0);
        const entries = addresses.map(address => ({ address, family: isIP(address) }));
        const usable = family === 0 ? entries : entries.filter(entry => entry.family === family);
        const first = usable[0];
        if (!first) return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '');
        return options.all ? callback(null, usable) : callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };

  /** The checked addresses of a host. @throws UpstreamFailure private-address; the resolver's own error */
  async addresses(hostname: string): Promise<readonly string[]> {
    const addresses = await this.resolve(hostname);
    for (const address of addresses) this.#assert(hostname, address);
    return addresses;
  }

  /** @throws UpstreamFailure private-address when the host is an address that may not be connected to; a name passes. */
  assertLiteral(hostname: string): void {
    const host = plainHost(hostname);
    if (isIP(host) !== 0) this.#assert(host, host);
  }

  #assert(hostname: string, address: string): void {
    const kind = addressKind(address);
    if (kind === 'public' || (kind === 'private' && this.#mayBePrivate(hostname))) return;
    throw new UpstreamFailure(
      'private-address',
      'The upstream leads to a private address. An administrator can allow private addresses for its own host in the settings.',
    );
  }

  #mayBePrivate(hostname: string): boolean {
    if (!this.settings.allowPrivateAddresses) return false;
    if (plainHost(hostname) === this.#ownHost) return true;
    return matchesHost(this.settings.allowedHosts, hostname) || matchesHost(this.settings.realmHosts, hostname);
  }
}
