import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { LarderError } from '#kernel';

export interface OriginSettings {
  readonly publicUrl: string | undefined;
  readonly trustedProxies: readonly string[];
}

/** A host name or IP literal with an optional port, nothing else: what may stand in a URL that we write. */
const hostPattern = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?$/;

/** Tells who a request comes from and under which address the client knows us. Forwarding headers count only from listed proxies. */
export class Origins {
  private readonly trusted = new BlockList();
  private readonly hasTrusted: boolean;

  constructor(private readonly settings: OriginSettings) {
    this.hasTrusted = settings.trustedProxies.length > 0;
    for (const entry of settings.trustedProxies) {
      const [address = '', bits] = entry.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      this.trusted.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
    }
  }

  /**
   * Scheme, host and port as the client sees them. `LARDER_PUBLIC_URL` wins; then a trusted proxy's headers; then the `Host` header, which is checked for its
   * form because it ends up in URLs that we write (answers are cached per origin, so a forged one reaches only its sender).
   * @throws invalid-request for a missing or malformed host
   */
  originOf(req: IncomingMessage): string {
    if (this.settings.publicUrl !== undefined) return this.settings.publicUrl;
    let scheme = 'http';
    let host = req.headers.host;
    if (this.hasTrusted && this.isTrusted(req.socket.remoteAddress)) {
      scheme = firstOf(req.headers['x-forwarded-proto']) === 'https' ? 'https' : 'http';
      host = firstOf(req.headers['x-forwarded-host']) ?? host;
    }
    if (host === undefined || !hostPattern.test(host))
      throw new LarderError(
        'invalid-request',
        'The Host header is missing or is not a host name with an optional port.',
      );
    return `${scheme}://${withoutDefaultPort(scheme, host)}`;
  }

  /** Address of the client: the socket's, or what the nearest trusted proxy says. */
  clientAddress(req: IncomingMessage): string {
    const socket = plainAddress(req.socket.remoteAddress ?? '');
    if (!this.hasTrusted || !this.isTrusted(socket)) return socket;
    const hops = [req.headers['x-forwarded-for']]
      .flat()
      .join(',')
      .split(',')
      .map(hop => plainAddress(hop.trim()));
    for (let hop = hops.pop(); hop !== undefined; hop = hops.pop()) {
      if (isIP(hop) === 0) return socket;
      if (!this.isTrusted(hop)) return hop;
    }
    return socket;
  }

  private isTrusted(address: string | undefined): boolean {
    if (address === undefined) return false;
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && this.trusted.check(plain, version === 6 ? 'ipv6' : 'ipv4');
  }
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return [header].flat()[0]?.split(',')[0]?.trim();
}

/** IPv4 addresses arrive on dual-stack sockets in their IPv6 form. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

function withoutDefaultPort(scheme: string, host: string): string {
  return scheme === 'https' ? host.replace(/:443$/, '') : host.replace(/:80$/, '');
}
