import { describe, expect, it } from '@jest/globals';
import { faultyUpstream, textOf, TestClock, toLoopback, upstreamOf } from '../test/fixtures.js';
import type { FaultyUpstream } from '../test/faulty-upstream.js';
import { mayHaveCredentials } from './bearer-tokens.js';
import { parseBearerChallenge } from './challenge.js';
import { upstreamSettingsSchema } from './settings.js';

const credentials = { kind: 'basic', username: 'robot', password: 's3cret' } as const;
const basic = `Basic ${Buffer.from('robot:s3cret').toString('base64')}`;
const blob = { method: 'GET', path: 'v2/team/app/blobs/x', tokenArea: 'team/app' } as const;

/** A registry that wants a token of its endpoint for everything below /v2/. */
function registryOn(server: FaultyUpstream, options: { realm: string; expiresIn?: number; scope?: string }): void {
  let issued = 0;
  const valid = new Set<string>();
  server.handle('/token', (_, response) => {
    const token = `t${++issued}`;
    valid.add(`Bearer ${token}`);
    response.end(JSON.stringify({ token, expires_in: options.expiresIn ?? 300 }));
  });
  const scope = options.scope ?? 'repository:team/app:pull,push';
  const challenge = `Bearer realm="${options.realm}",service="registry, the \\"one\\"",scope="${scope}"`;
  for (const path of ['/v2/team/app/blobs/x', '/v2/team/app/blobs/y']) {
    server.handle(path, (request, response) => {
      if (valid.has(request.headers.authorization ?? '')) return void response.end('blob');
      return void response.writeHead(401, { 'www-authenticate': challenge }).end();
    });
  }
}

describe('parseBearerChallenge', () => {
  it.each([
    [
      'Bearer realm="https://a/t",service="s",scope="repository:x:pull,push"',
      'https://a/t',
      's',
      'repository:x:pull,push',
    ],
    ['bearer  realm = "https://a/t" , service=s', 'https://a/t', 's', undefined],
    ['Basic realm="x, Bearer realm=\\"evil\\"", Bearer realm="https://a/t"', 'https://a/t', undefined, undefined],
    ['Bearer realm="https://a/t", Basic realm="other"', 'https://a/t', undefined, undefined],
    ['Negotiate, Bearer realm="https://a/t"', 'https://a/t', undefined, undefined],
    ['Negotiate YWJj==, Bearer realm="https://a/t"', 'https://a/t', undefined, undefined],
    ['Bearer realm="https://a/t",realm="https://evil/t"', 'https://a/t', undefined, undefined],
    ['Bearer error="insufficient_scope",scope="a b",realm="https://a/t"', 'https://a/t', undefined, 'a b'],
  ])('reads %s', (header, realm, service, scope) => {
    expect(parseBearerChallenge(header)).toEqual({ realm, service, scope });
  });

  it.each([
    undefined,
    '',
    'Basic realm="x"',
    'Bearer',
    'Bearer realm=""',
    'Bearer realm="unclosed',
    ',,,"',
    'x'.repeat(9000),
  ])('finds no challenge in %j', header => {
    expect(parseBearerChallenge(header)).toBeUndefined();
  });
});

describe('mayHaveCredentials', () => {
  it.each([
    ['https://registry.example.com', 'https://registry.example.com/t', true],
    ['https://registry.example.com', 'https://auth.example.com/t', true],
    ['https://registry.example.com', 'https://example.com/t', true],
    ['https://registry.example.co.uk', 'https://evil.co.uk/t', false],
    ['https://registry.example.com', 'https://example.com.evil.example/t', false],
    ['https://registry.example.com', 'http://registry.example.com/t', false],
    ['http://registry.example.com', 'http://auth.example.com/t', true],
    ['https://one.azurecr.io', 'https://one.azurecr.io/oauth2/token', true],
    ['https://one.azurecr.io', 'https://two.azurecr.io/oauth2/token', false],
    ['https://10.0.0.1', 'https://10.0.0.2/t', false],
    ['https://localhost', 'https://other/t', false],
    ['https://registry.example.com', 'https://tokens.partner.example/t', true],
  ])('from %s to %s: %s', (url, realm, allowed) => {
    const settings = upstreamSettingsSchema.parse({ url, realmHosts: ['tokens.partner.example'] });
    expect(mayHaveCredentials(settings, new URL(realm))).toBe(allowed);
  });
});

describe('a registry that wants tokens', () => {
  it('gets one for its service and scope, bought with the credentials, and later requests send it at once', async () => {
    const server = await faultyUpstream();
    registryOn(server, { realm: `${server.url}/token` });
    const upstream = upstreamOf(server, { credentials });
    expect(await textOf((await upstream.request(blob)).body)).toBe('blob');
    expect(await textOf((await upstream.request({ ...blob, path: 'v2/team/app/blobs/y' })).body)).toBe('blob');
    const [token] = server.requestsOf('/token');
    expect(token!.headers.authorization).toBe(basic);
    const query = new URL(token!.url, server.url).searchParams;
    expect([query.get('service'), query.getAll('scope')]).toEqual([
      'registry, the "one"',
      ['repository:team/app:pull,push'],
    ]);
    expect(server.requests.map(({ url, headers }) => [url.split('?')[0], headers.authorization])).toEqual([
      ['/v2/team/app/blobs/x', basic],
      ['/token', basic],
      ['/v2/team/app/blobs/x', 'Bearer t1'],
      ['/v2/team/app/blobs/y', 'Bearer t1'],
    ]);
  });

  it('is asked for one token by many who wait', async () => {
    const server = await faultyUpstream();
    registryOn(server, { realm: `${server.url}/token` });
    const upstream = upstreamOf(server);
    const answers = await Promise.all(Array.from({ length: 20 }, () => upstream.request(blob)));
    expect(new Set(await Promise.all(answers.map(({ body }) => textOf(body))))).toEqual(new Set(['blob']));
    expect(server.requestsOf('/token')).toHaveLength(1);
  });

  it('is asked for a new one ten seconds before the old one expires', async () => {
    const server = await faultyUpstream();
    const clock = new TestClock();
    registryOn(server, { realm: `${server.url}/token`, expiresIn: 60 });
    const upstream = upstreamOf(server, {}, { clock });
    await textOf((await upstream.request(blob)).body);
    clock.advance(49);
    await textOf((await upstream.request(blob)).body);
    expect(server.requestsOf('/token')).toHaveLength(1);
    clock.advance(1);
    await textOf((await upstream.request(blob)).body);
    expect(server.requestsOf('/token')).toHaveLength(2);
  });

  it.each([
    ['a foreign realm gets no credentials', {}, undefined],
    ['a realm that the administrator listed gets them', { realmHosts: ['auth.foreign.example'] }, basic],
  ])('%s', async (_, settings, authorization) => {
    const [server, realm] = [await faultyUpstream(), await faultyUpstream()];
    registryOn(server, { realm: `http://auth.foreign.example:${realm.port}/token` });
    realm.handle('/token', (_request, response) => response.end('{"token":"anonymous"}'));
    const upstream = upstreamOf(
      server,
      { credentials, allowedHosts: ['auth.foreign.example'], ...settings },
      { resolve: toLoopback },
    );
    // The registry does not know that token, which must not become a loop.
    await expect(upstream.request(blob)).rejects.toMatchObject({ reason: 'refused' });
    expect(realm.requests.map(({ headers }) => headers.authorization)).toEqual([authorization]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([basic, 'Bearer anonymous']);
  });

  it.each([
    ['http://10.0.0.1/token', 'private-address'],
    ['http://elsewhere.example/token', 'private-address'],
    ['ftp://127.0.0.1/token', 'invalid'],
    ['/token', 'invalid'],
  ])('cannot send us for a token to %s', async (realm, reason) => {
    const server = await faultyUpstream();
    registryOn(server, { realm });
    const upstream = upstreamOf(server, { credentials }, { resolve: toLoopback });
    await expect(upstream.request(blob)).rejects.toMatchObject({ reason });
  });

  it.each([
    ['refuses', 401, {}, 'refused'],
    ['limits us', 429, { 'retry-after': '9' }, 'limited'],
    ['fails', 500, {}, 'server-error'],
    ['redirects', 302, { location: '/elsewhere' }, 'invalid'],
  ])('has a token endpoint that %s', async (_, status, headers, reason) => {
    const server = await faultyUpstream();
    registryOn(server, { realm: `${server.url}/token` });
    server.fail('/token', { kind: 'status', status, headers });
    await expect(upstreamOf(server, { credentials }).request(blob)).rejects.toMatchObject({ reason });
  });

  it.each(['not json', '{}', '{"token":7}', '{"token":"a\\r\\nb"}', `{"token":"${'x'.repeat(70_000)}"}`])(
    'gets a failure for an endpoint that gives %.20j instead of a token',
    async text => {
      const server = await faultyUpstream();
      registryOn(server, { realm: `${server.url}/token` });
      server.handle('/token', (_, response) => void response.end(text));
      await expect(upstreamOf(server).request(blob)).rejects.toMatchObject({ name: 'UpstreamFailure' });
    },
  );
});
