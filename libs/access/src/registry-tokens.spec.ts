import { createHmac, generateKeyPairSync } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT, type JWTPayload } from 'jose';
import { createTestDatabase, type TestDatabase } from '#testing';
import { AccessFixture, basic, bearer, goodPassword } from '../test/fixture.js';
import { anonymousPrincipal } from './principals.js';
import { RegistryKeys } from './registry-keys.js';
import type { Principal, TokenScope } from './contract.js';

const scopes: TokenScope[] = [{ repositoryId: '7', package: 'team/app', actions: ['read', 'publish'] }];
const refused = expect.objectContaining({ code: 'invalid-credentials' });
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const payloadOf = (token: string): JWTPayload =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as JWTPayload;

describe('registry tokens', () => {
  let test: TestDatabase;
  let fixture: AccessFixture;
  let principal: Principal;
  let key: { kid: string; secret: Buffer };

  beforeAll(async () => {
    test = await createTestDatabase();
    fixture = await AccessFixture.start(test.database);
    await fixture.user('ada');
    principal = await fixture.authenticate(basic('ada', goodPassword));
    await fixture.access.accounts.issueRegistryToken(principal, []);
    const file = JSON.parse(await readFile(join(fixture.dataDir, 'secrets/registry-token-keys.json'), 'utf8')) as {
      keys: { kid: string; secret: string }[];
    };
    key = { kid: file.keys[0]!.kid, secret: Buffer.from(file.keys[0]!.secret, 'base64url') };
  });
  afterAll(async () => {
    await fixture.stop();
    await test.stop();
  });

  const issue = async (who = principal, wanted = scopes): Promise<string> =>
    (await fixture.access.accounts.issueRegistryToken(who, wanted)).token;
  /** Signs with the real key what the server would never sign. */
  const forge = async (change: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> => {
    const now = Math.floor(fixture.clock.now() / 1000);
    const claims = {
      iss: 'access',
      aud: 'registry',
      sub: 'anonymous',
      iat: now,
      nbf: now,
      exp: now + 300,
      jti: 'x',
      access: [],
    };
    const whole = { alg: 'HS256', kid: key.kid, typ: 'registry+jwt', ...header };
    const signed = `${encode(whole)}.${encode({ ...claims, ...change })}`;
    const hash = whole.alg === 'HS512' ? 'sha512' : 'sha256';
    return `${signed}.${createHmac(hash, key.secret).update(signed).digest('base64url')}`;
  };

  it('carry the principal and what was asked for, for five minutes', async () => {
    const { token, expiresInSeconds } = await fixture.access.accounts.issueRegistryToken(principal, scopes);
    expect(expiresInSeconds).toBe(300);
    const { exp, iat, nbf } = payloadOf(token);
    expect([exp! - iat!, iat! - nbf!]).toEqual([300, 30]);
    expect(await fixture.authenticate(bearer(token))).toEqual({ ...principal, limits: { tokenId: null, scopes } });
  });

  it('are issued to anonymous as well', async () => {
    expect(await fixture.authenticate(bearer(await issue(anonymousPrincipal)))).toEqual({
      ...anonymousPrincipal,
      limits: { tokenId: null, scopes },
    });
  });

  it('keep the limits of the access token they were obtained with', async () => {
    const user = await fixture.user('limited');
    const access = await fixture.token(user, { actions: ['read'], repositoryPattern: 'team' });
    const token = await issue(await fixture.authenticate(bearer(access.secret)));
    expect((await fixture.authenticate(bearer(token))).limits).toEqual({
      tokenId: access.id,
      actions: ['read'],
      repositoryPattern: 'team',
      scopes,
    });
  });

  it('end after five minutes, also when they are remembered', async () => {
    const token = await issue();
    fixture.clock.advance(250_000);
    await fixture.authenticate(bearer(token));
    fixture.clock.advance(50_001);
    await expect(fixture.authenticate(bearer(token))).rejects.toThrow('has expired');
  });

  it('end with the access token they were obtained with (A58)', async () => {
    const user = await fixture.user('revoked');
    const access = await fixture.token(user);
    const token = await issue(await fixture.authenticate(bearer(access.secret)));
    await fixture.authenticate(bearer(token));
    await fixture.write(tx => fixture.access.tokens.revoke(tx, access.id));
    await expect(fixture.authenticate(bearer(token))).rejects.toEqual(refused);
  });

  it.each(['disabling', 'removing', 'password'])('end with the user: %s (A47)', async how => {
    const user = await fixture.user(`ending-${how}`);
    const token = await issue(await fixture.authenticate(basic(user.name, goodPassword)));
    await fixture.authenticate(bearer(token));
    const hash = await fixture.access.passwords.hash('another-good-secret', user.name);
    await fixture.write(async tx => {
      if (how === 'disabling') await fixture.access.users.patch(tx, user.id, { disabled: true });
      else if (how === 'removing') await fixture.access.users.remove(tx, user.id);
      else await fixture.access.users.setPassword(tx, user.id, hash);
    });
    await expect(fixture.authenticate(bearer(token))).rejects.toEqual(refused);
  });

  it('cannot renew themselves and cannot create access tokens', async () => {
    const carried = await fixture.authenticate(bearer(await issue()));
    await expect(issue(carried)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(fixture.access.accounts.issueToken(carried, { name: 'x', kind: 'personal' })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('stay small enough for a header, whatever is asked for', async () => {
    const many = Array.from({ length: 500 }, (_, i) => ({
      repositoryId: '7',
      package: `${'x'.repeat(200)}${i}`,
      actions: ['read' as const],
    }));
    expect((await issue(principal, many)).length).toBeLessThan(6_000);
    await fixture.authenticate(bearer(await issue(principal, many)));
  });

  describe('that are forged are refused (A35)', () => {
    const address = '192.0.2.35';
    const attempts: readonly [string, () => Promise<string>][] = [
      [
        'no algorithm',
        async () => `${encode({ alg: 'none', typ: 'registry+jwt', kid: key.kid })}.${(await issue()).split('.')[1]}.`,
      ],
      [
        'a changed payload',
        async () => {
          const [header, , signature] = (await issue()).split('.');
          return `${header}.${encode({ ...payloadOf(await issue()), sub: 'user:1' })}.${signature}`;
        },
      ],
      ['a cut signature', async () => (await issue()).slice(0, -4)],
      [
        'another key under our kid',
        async () => {
          const [, payload] = (await issue()).split('.');
          const signed = `${encode({ alg: 'HS256', typ: 'registry+jwt', kid: key.kid })}.${payload}`;
          return `${signed}.${createHmac('sha256', 'guess').update(signed).digest('base64url')}`;
        },
      ],
      ['an unknown kid', () => forge({}, { kid: 'other' })],
      ['no kid', () => forge({}, { kid: undefined })],
      ['another strength', () => forge({}, { alg: 'HS512' })],
      [
        'a key that it brings along',
        async () => {
          const { privateKey, publicKey } = generateKeyPairSync('ed25519');
          const header = {
            alg: 'EdDSA',
            typ: 'registry+jwt',
            kid: key.kid,
            jwk: publicKey.export({ format: 'jwk' }) as never,
          };
          return new SignJWT(payloadOf(await issue())).setProtectedHeader(header).sign(privateKey);
        },
      ],
      ['another issuer', () => forge({ iss: 'elsewhere' })],
      ['another audience', () => forge({ aud: 'api' })],
      ['another purpose', () => forge({}, { typ: 'JWT' })],
      ['no expiry', () => forge({ exp: undefined })],
      ['an unknown critical header', () => forge({}, { crit: ['odd'], odd: 1 })],
      ['a beginning in the future', () => forge({ nbf: Math.floor(fixture.clock.now() / 1000) + 60 })],
      ['an end in the past', () => forge({ exp: Math.floor(fixture.clock.now() / 1000) - 1 })],
      ['no password fingerprint', () => forge({ sub: principal.id })],
      ['a huge text', async () => `a.${'b'.repeat(100_000)}.c`],
    ];
    it.each(attempts)('%s', async (_, make) => {
      await expect(fixture.authenticate(bearer(await make()), address)).rejects.toEqual(refused);
    });
  });

  it('ignore keys that they name elsewhere, but hold by our own signature', async () => {
    const anonymous = await forge({}, { jku: 'http://127.0.0.1:1/keys', x5c: ['AAAA'] });
    expect(await fixture.authenticate(bearer(anonymous))).toMatchObject({ kind: 'anonymous' });
  });
});

describe('the keys of registry tokens', () => {
  it('are made once, even by processes that start together, and are readable by the owner only', async () => {
    const test = await createTestDatabase();
    const fixture = await AccessFixture.start(test.database);
    try {
      const kids = await Promise.all(
        Array.from({ length: 8 }, async () => (await new RegistryKeys(fixture.dataDir).signing()).kid),
      );
      expect(new Set(kids).size).toBe(1);
      expect((await stat(join(fixture.dataDir, 'secrets/registry-token-keys.json'))).mode & 0o777).toBe(0o600);
      expect((await stat(join(fixture.dataDir, 'secrets'))).mode & 0o777).toBe(0o700);
    } finally {
      await fixture.stop();
      await test.stop();
    }
  });
});
