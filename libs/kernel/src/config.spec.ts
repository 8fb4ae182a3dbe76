import { describe, expect, it } from '@jest/globals';
import { parseConfig } from './config.js';

describe('parseConfig', () => {
  it('gives every setting its default, with the data folder below the working directory', () => {
    expect(parseConfig({}, '/srv/larder')).toEqual({
      host: '127.0.0.1',
      port: 8081,
      dataDir: '/srv/larder/data',
      databaseUrl: undefined,
      publicUrl: undefined,
      trustedProxies: [],
      adminPassword: undefined,
      logLevel: 'info',
      workers: 1,
      starterRepositories: 'default',
    });
  });

  it('refuses an unknown LARDER_ name and suggests the nearest one', () => {
    expect(() => parseConfig({ LARDER_PROT: '1' })).toThrow(
      'LARDER_PROT is not a setting of Larder; did you mean LARDER_PORT?',
    );
  });

  it('leaves other environment variables alone and takes an empty value for unset', () => {
    expect(parseConfig({ HOME: '/x', LARDER_PORT: '' }).port).toBe(8081);
  });

  it.each([
    ['LARDER_PORT', '70000'],
    ['LARDER_PORT', '80a'],
    ['LARDER_DATABASE_URL', 'mysql://x'],
    ['LARDER_PUBLIC_URL', 'ftp://x'],
    ['LARDER_PUBLIC_URL', 'https://x/?q=1'],
    ['LARDER_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['LARDER_TRUSTED_PROXIES', 'proxy.example'],
    ['LARDER_ADMIN_PASSWORD', 'short'],
    ['LARDER_LOG_LEVEL', 'loud'],
    ['LARDER_WORKERS', '0'],
    ['LARDER_STARTER_REPOSITORIES', 'some'],
  ])('refuses %s=%s and names the setting', (name, value) => {
    expect(() => parseConfig({ [name]: value })).toThrow(name);
  });

  it('drops the final slash of the public URL', () => {
    expect(parseConfig({ LARDER_PUBLIC_URL: 'https://packages.example/' }).publicUrl).toBe('https://packages.example');
  });

  it('is frozen', () => {
    expect(Object.isFrozen(parseConfig({}))).toBe(true);
  });
});
