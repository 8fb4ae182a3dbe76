import { describe, expect, it } from '@jest/globals';
import { bytesOf, faultyUpstream, textOf, toLoopback, upstreamOf } from '../test/fixtures.js';
import { addressKind } from './address-guard.js';

const get = (path: string) => ({ method: 'GET', path }) as const;

describe('addressKind', () => {
  it.each([
    ['93.184.216.34', 'public'],
    ['2606:4700::1', 'public'],
    ['64:ff9b::5db8:d822', 'public'],
    ['127.0.0.1', 'private'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['::1', 'private'],
    ['fd00::1', 'private'],
    ['::ffff:127.0.0.1', 'private'],
    ['::ffff:a00:1', 'private'],
    ['64:ff9b::7f00:1', 'private'],
    ['169.254.169.254', 'never'],
    ['::ffff:169.254.169.254', 'never'],
    ['fe80::1', 'never'],
    ['0.0.0.0', 'never'],
    ['::', 'never'],
    ['::127.0.0.1', 'private'],
    ['224.0.0.1', 'never'],
    ['ff02::1', 'never'],
    ['255.255.255.255', 'never'],
    ['240.0.0.1', 'never'],
    ['192.0.2.1', 'never'],
    ['2001:db8::1', 'never'],
    ['2002:7f00:1::', 'never'],
    ['fec0::1', 'never'],
    ['not an address', 'never'],
  ])('sorts %s as %s', (address, kind) => {
    expect(addressKind(address)).toBe(kind);
  });
});

describe('the guard of addresses', () => {
  it.each(['127.0.0.1', '[::1]', '2130706433', '0x7f.1', '127.1', '[::ffff:127.0.0.1]', '0.0.0.0', '169.254.169.254'])(
    'connects to %s only when it is allowed to',
    async host => {
      const server = await faultyUpstream();
      const upstream = upstreamOf({ url: `http://${host}:${server.port}` }, { allowPrivateAddresses: false });
      await expect(upstream.request(get('f'))).rejects.toMatchObject({ reason: 'private-address' });
      expect(server.requests).toEqual([]);
    },
  );

  it('refuses the metadata service even when private addresses are allowed', async () => {
    const upstream = upstreamOf({ url: 'http://169.254.169.254' });
    await expect(upstream.request(get('latest'))).rejects.toMatchObject({ reason: 'private-address' });
  });

  it('refuses a name that leads to a private address, also when it leads to a public one as well', async () => {
    const server = await faultyUpstream();
    const upstream = upstreamOf(
      { url: `http://packages.example:${server.port}` },
      { allowPrivateAddresses: false },
      { resolve: async () => ['93.184.216.34', '127.0.0.1'] },
    );
    await expect(upstream.request(get('f'))).rejects.toMatchObject({ reason: 'private-address' });
  });

  it('connects to the address that it checked, whatever the name leads to afterwards', async () => {
    const server = await faultyUpstream();
    server.file('/f', 'x');
    const answers = [['127.0.0.1'], ['169.254.169.254']];
    let asked = 0;
    const resolve = async () => answers[asked++] ?? ['169.254.169.254'];
    const upstream = upstreamOf({ url: `http://packages.example:${server.port}` }, {}, { resolve });
    expect(await textOf((await upstream.request(get('f'))).body)).toBe('x');
    expect(asked).toBe(1);
    await server.down();
    await server.up();
    await expect(upstream.request(get('f'))).rejects.toMatchObject({ reason: 'private-address' });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    'http://127.0.0.2',
    'http://10.0.0.1/x',
    'http://[::1]',
    'http://169.254.169.254/latest',
    'http://localhost',
  ])('follows no redirect to %s, a private address that is not the upstream’s own', async to => {
    const server = await faultyUpstream();
    server.fail('/f', { kind: 'redirect', to });
    const upstream = upstreamOf(server, {}, { resolve: toLoopback });
    await expect(upstream.request(get('f'))).rejects.toMatchObject({ reason: 'private-address' });
  });

  it.each(['http://10.0.0.1/x', 'http://files.internal/x'])('takes no absolute URL of an index to %s', async path => {
    const server = await faultyUpstream();
    const upstream = upstreamOf(server, {}, { resolve: toLoopback });
    await expect(upstream.request(get(path))).rejects.toMatchObject({ reason: 'private-address' });
  });

  it('lets files come from a private host that the administrator listed', async () => {
    const [server, files] = [await faultyUpstream(), await faultyUpstream()];
    files.file('/f', 'from there');
    const upstream = upstreamOf(server, { allowedHosts: ['*.internal'] }, { resolve: toLoopback });
    const answer = await upstream.request(get(`http://files.internal:${files.port}/f`));
    expect(await textOf(answer.body)).toBe('from there');
    await expect(upstream.request(get('http://elsewhere.example/f'))).rejects.toMatchObject({ reason: 'redirect' });
  });
});

describe('redirects', () => {
  it('lead on, and the answer says where it came from', async () => {
    const server = await faultyUpstream();
    server.file('/g', 'here');
    server.fail('/f', { kind: 'redirect', to: '/g', status: 307 });
    const answer = await upstreamOf(server).request(get('f'));
    expect(answer.finalUrl).toBe(`${server.url}/g`);
    expect(await textOf(answer.body)).toBe('here');
  });

  it('end after five', async () => {
    const server = await faultyUpstream();
    server.fail('/f', { kind: 'redirect', to: '/f' });
    await expect(upstreamOf(server).request(get('f'))).rejects.toMatchObject({ reason: 'redirect' });
    expect(server.requests).toHaveLength(6);
  });

  it.each(['ftp://127.0.0.1/x', 'file:///etc/passwd', 'http://user:pass@127.0.0.1/', 'http://', ''])(
    'are refused to %j',
    async to => {
      const server = await faultyUpstream();
      server.fail('/f', { kind: 'redirect', to });
      await expect(upstreamOf(server).request(get('f'))).rejects.toMatchObject({ reason: 'redirect' });
      expect(server.requests).toHaveLength(1);
    },
  );

  it('take neither credentials nor extra headers to another origin, nor bring them back', async () => {
    const [home, other] = [await faultyUpstream(), await faultyUpstream()];
    home.fail('/f', { kind: 'redirect', to: `${other.url}/f` });
    home.file('/back', 'x');
    other.fail('/f', { kind: 'redirect', to: `${home.url}/back` });
    const credentials = { kind: 'basic', username: 'u', password: 'p' } as const;
    const upstream = upstreamOf(home, { credentials, headers: { 'x-api-key': 's3cret' } });
    await bytesOf((await upstream.request({ ...get('f'), headers: { accept: 'text/plain' } })).body);
    const basic = `Basic ${Buffer.from('u:p').toString('base64')}`;
    expect(home.requests[0]!.headers).toMatchObject({ authorization: basic, 'x-api-key': 's3cret' });
    for (const { headers } of [other.requests[0]!, home.requests[1]!]) {
      expect(headers.authorization).toBeUndefined();
      expect(headers['x-api-key']).toBeUndefined();
      expect(headers.accept).toBe('text/plain');
    }
  });

  it('give no credentials to an absolute URL of another origin', async () => {
    const [home, other] = [await faultyUpstream(), await faultyUpstream()];
    other.file('/f', 'x');
    home.file('/f', 'x');
    const upstream = upstreamOf(home, { credentials: { kind: 'bearer', token: 's3cret' } });
    await bytesOf((await upstream.request(get(`${other.url}/f`))).body);
    await bytesOf((await upstream.request(get(`${home.url}/f`))).body);
    expect(other.requests[0]!.headers.authorization).toBeUndefined();
    expect(home.requests[0]!.headers.authorization).toBe('Bearer s3cret');
  });
});

describe('paths', () => {
  it.each(['../x', 'a/../../x', '..', '%2e%2e/x', '..\\x'])('cannot leave the configured URL by %j', async path => {
    const server = await faultyUpstream();
    const upstream = upstreamOf({ url: `${server.url}/base` });
    await expect(upstream.request(get(path))).rejects.toMatchObject({ reason: 'invalid' });
    expect(server.requests).toEqual([]);
  });

  it.each(['ftp://127.0.0.1/x', 'file:///etc/passwd', 'http://u:p@127.0.0.1/'])('cannot be %j', async path => {
    await expect(upstreamOf(await faultyUpstream()).request(get(path))).rejects.toMatchObject({ reason: 'invalid' });
  });
});
