import { getCACertificates } from 'node:tls';
import { Agent, buildConnector, ProxyAgent, type Dispatcher } from 'undici';
import type { AddressGuard } from './address-guard.js';
import type { UpstreamSettings } from './settings.js';

/**
 * The connections of one upstream, every limit set. TLS is always verified. HTTP/2 stays off: it would put all transfers of a host on one
 * connection. Through an outbound proxy the proxy makes the connection, so it must be trusted to refuse what the guard cannot see.
 */
export function openDispatcher(settings: UpstreamSettings, guard: AddressGuard): Dispatcher {
  const { timeouts, maxParallel, customCa, outboundProxy } = settings;
  const tls = {
    rejectUnauthorized: true,
    ...(customCa === undefined ? {} : { ca: [...getCACertificates('default'), customCa] }),
  };
  const limits = {
    allowH2: false,
    connections: maxParallel,
    pipelining: 1,
    maxOrigins: 256,
    maxHeaderSize: 32 * 1024,
    maxResponseSize: -1,
    connectTimeout: timeouts.connectMs,
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.idleBodyMs,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 60_000,
  };
  if (outboundProxy !== undefined) {
    return new ProxyAgent({ ...limits, uri: outboundProxy, requestTls: tls, proxyTls: tls });
  }
  const connect = buildConnector({ ...tls, allowH2: false, timeout: timeouts.connectMs, lookup: guard.lookup });
  return new Agent({
    ...limits,
    connect: (options, callback) => {
      try {
        guard.assertLiteral(options.hostname);
      } catch (error) {
        return callback(error as Error, null);
      }
      return connect(options, callback);
    },
  });
}
