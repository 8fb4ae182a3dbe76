import { createServer, request as forward, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { selfSigned } from '../test/certificate.js';
import { faultyUpstream, textOf, toLoopback, upstreamOf } from '../test/fixtures.js';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    const closed = new Promise(resolve => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
});

/** A proxy for plain http that resolves every name to loopback, and remembers what it was asked. */
async function outboundProxy(): Promise<{ url: string; seen: { url: string; authorization: string | undefined }[] }> {
  const seen: { url: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? '', authorization: request.headers['proxy-authorization'] });
    const { port, pathname } = new URL(request.url ?? '');
    const onward = forward({ host: '127.0.0.1', port, path: pathname, headers: { host: 'x' } }, answer => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    onward.end();
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://user:pass@127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

describe('an outbound proxy', () => {
  it('is asked for everything, with its own credentials, also for names that only it can resolve', async () => {
    const [server, proxy] = [await faultyUpstream(), await outboundProxy()];
    server.file('/f', 'through the proxy');
    const resolve = () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
    const url = `http://packages.example:${server.port}`;
    const upstream = upstreamOf({ url }, { outboundProxy: proxy.url, allowPrivateAddresses: false }, { resolve });
    const { body } = await upstream.request({ method: 'GET', path: 'f' });
    expect(await textOf(body)).toBe('through the proxy');
    expect(proxy.seen).toEqual([
      { url: `${url}/f`, authorization: `Basic ${Buffer.from('user:pass').toString('base64')}` },
    ]);
    expect(server.requests[0]!.headers['proxy-authorization']).toBeUndefined();
  });

  it.each([
    ['an address', 'http://10.0.0.1/x'],
    ['a name', 'http://internal.example/x'],
  ])('is not asked for %s that is known to be private', async (_, path) => {
    const proxy = await outboundProxy();
    const settings = { outboundProxy: proxy.url, allowPrivateAddresses: false };
    const upstream = upstreamOf({ url: 'http://packages.example' }, settings, { resolve: async () => ['10.0.0.1'] });
    await expect(upstream.request({ method: 'GET', path })).rejects.toMatchObject({ reason: 'private-address' });
    expect(proxy.seen).toEqual([]);
  });
});

describe('TLS', () => {
  async function tlsServer(host: string): Promise<{ port: number; cert: string }> {
    const { key, cert } = selfSigned(host);
    const server = createTlsServer({ key, cert }, (_, response) => response.end('private'));
    servers.push(server);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return { port: (server.address() as AddressInfo).port, cert };
  }

  it.each([
    ['a certificate of its own authority is accepted for its own name', 'packages.example', true, undefined],
    ['an unknown authority is refused', 'packages.example', false, 'unreachable'],
    ['a certificate for another name is refused', 'elsewhere.example', true, 'unreachable'],
  ])('%s', async (_, host, trusted, reason) => {
    const { port, cert } = await tlsServer('packages.example');
    const settings = trusted ? { customCa: cert } : {};
    const upstream = upstreamOf({ url: `https://${host}:${port}` }, settings, { resolve: toLoopback });
    const outcome = await upstream.request({ method: 'GET', path: 'f' }).then(
      ({ body }) => textOf(body),
      (error: unknown) => error,
    );
    if (reason === undefined) expect(outcome).toBe('private');
    else expect(outcome).toMatchObject({ reason, message: 'The certificate of the upstream was not accepted.' });
  });
});
