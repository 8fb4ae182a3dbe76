import { describe, expect, it } from '@jest/globals';
import { upstreamSettingsSchema } from './settings.js';

const url = 'https://packages.example/base';

describe('upstreamSettingsSchema', () => {
  it('needs the URL only and gives the limits their defaults', () => {
    expect(upstreamSettingsSchema.parse({ url: `${url}//` })).toEqual({
      url,
      timeouts: { connectMs: 5_000, headersMs: 15_000, idleBodyMs: 30_000 },
      maxRedirects: 5,
      maxParallel: 32,
      maxQueued: 1_000,
      allowPrivateAddresses: false,
      disabled: false,
    });
  });

  it.each([
    ['url', { url: 'ftp://packages.example' }],
    ['url', { url: 'https://user:pass@packages.example' }],
    ['url', { url: `${url}?x=1` }],
    ['credentials', { credentials: { kind: 'basic', username: 'a:b', password: 'x' } }],
    ['credentials', { credentials: { kind: 'bearer', token: 'a\r\nb' } }],
    ['headers', { headers: { Authorization: 'x' } }],
    ['headers', { headers: { Host: 'x' } }],
    ['headers', { headers: { 'x-key': 'a\r\nb' } }],
    ['headers', { headers: { 'x y': 'a' } }],
    ['timeouts', { timeouts: { connectMs: 0 } }],
    ['allowedHosts', { allowedHosts: ['*'] }],
    ['allowedHosts', { allowedHosts: ['https://x'] }],
    ['realmHosts', { realmHosts: ['a.*'] }],
    ['customCa', { customCa: 'x' }],
    ['outboundProxy', { outboundProxy: 'socks5://x' }],
    ['maxParallel', { maxParallel: 0 }],
  ])('names %s when it is wrong: %j', (field, settings) => {
    const parsed = upstreamSettingsSchema.safeParse({ url, ...settings });
    expect(parsed.error?.issues.map(({ path }) => path[0])).toContain(field);
  });
});
