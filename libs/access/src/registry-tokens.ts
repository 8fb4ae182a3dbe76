import { createHash } from 'node:crypto';
import { jwtVerify, SignJWT, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { z } from 'zod';
import { contentActions, LarderError, randomBase62, systemCode, type Clock } from '#kernel';
import type { Principal, TokenScope } from './contract.js';
import { limitsOf, type Verified } from './credential-checker.js';
import type { Database } from '#database';
import { anonymousPrincipal, userPrincipal } from './principals.js';
import { deadToken } from './refusals.js';
import type { RegistryKeys } from './registry-keys.js';

export const registryTokenLifeSeconds = 300;

const algorithm = 'HS256';
const issuer = 'access';
const audience = 'registry';
/** The purpose: a token signed with these keys for anything else is refused. */
const type = 'registry+jwt';
/** Requests carry at most 16 KiB of headers, and proxies in front often take 8 KiB. */
const longestToken = 6_000;
const mostScopes = 100;
const mostScopeCharacters = 3_500;

const claims = z.object({
  sub: z.string().regex(/^(?:anonymous|user:\d{1,19})$/),
  /** The access token that it was obtained with. */
  cred: z
    .string()
    .regex(/^\d{1,19}$/)
    .optional(),
  /** Fingerprint of the password that it was obtained with. */
  epoch: z.string().optional(),
  access: z.array(z.tuple([z.string(), z.string(), z.array(z.enum(contentActions))])).max(mostScopes),
});
type Claims = z.infer<typeof claims>;

interface OwnerRow {
  readonly id: string;
  readonly name: string;
  readonly password_hash: string | null;
  readonly token_id: string | null;
  readonly actions: string[] | null;
  readonly repository_pattern: string | null;
  readonly remaining_ms: number | null;
}

/**
 * Short-lived signed tokens of the image protocol. They carry who and what was asked for, never rights: each request intersects them with
 * the principal's current rights, and they end with the user, the password or the access token they were obtained with.
 * The key is chosen by our own `kid` list; keys that a token brings along (`jwk`, `jku`, `x5c`) are never looked at.
 */
export class RegistryTokens {
  constructor(
    private readonly keys: RegistryKeys,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Scopes beyond 100, or beyond what fits into a header, are left out.
   * @throws forbidden for a principal that itself came with a registry token: five minutes must not renew themselves.
   */
  async issue(
    principal: Principal,
    scopes: readonly TokenScope[],
  ): Promise<{ token: string; expiresInSeconds: number }> {
    if (principal.limits?.scopes || principal.kind === 'system') {
      throw new LarderError(
        'forbidden',
        'A registry token cannot be exchanged for another one; use the password or access token.',
      );
    }
    const payload: Omit<Claims, 'sub'> & JWTPayload = { access: fitting(scopes), ...(await this.binding(principal)) };
    const key = await this.keys.signing();
    const now = Math.floor(this.clock.now() / 1000);
    const token = await new SignJWT(payload)
      .setProtectedHeader({ alg: algorithm, kid: key.kid, typ: type })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(principal.id)
      .setIssuedAt(now)
      // Clocks of several machines behind one name may differ a little.
      .setNotBefore(now - 30)
      .setExpirationTime(now + registryTokenLifeSeconds)
      .setJti(randomBase62(16))
      .sign(key.secret);
    return { token, expiresInSeconds: registryTokenLifeSeconds };
  }

  /**
   * Undefined for anything that we did not sign for this purpose.
   * @throws invalid-credentials for a token of ours that has ended.
   */
  async verify(token: string): Promise<Verified | undefined> {
    if (token.length > longestToken) return undefined;
    const payload = await this.readSigned(token);
    if (!payload) return undefined;
    const validForMs = payload.exp! * 1000 - this.clock.now();
    const parsed = claims.parse(payload);
    const scopes = parsed.access.map(([repositoryId, name, actions]) => ({ repositoryId, package: name, actions }));
    if (parsed.sub === 'anonymous') {
      return { principal: { ...anonymousPrincipal, limits: { tokenId: null, scopes } }, validForMs };
    }
    const owner = await this.findOwner(parsed.sub.slice('user:'.length), parsed.cred);
    if (!owner || (parsed.cred === undefined && parsed.epoch !== epochOf(owner.password_hash)))
      throw deadToken('is revoked');
    if (owner.remaining_ms !== null && owner.remaining_ms <= 0) throw deadToken('has expired');
    const limits = owner.token_id === null ? { tokenId: null } : limitsOf({ ...owner, id: owner.token_id });
    return {
      principal: userPrincipal(owner, { ...limits, scopes }),
      validForMs: Math.min(validForMs, owner.remaining_ms ?? Infinity),
    };
  }

  private async readSigned(token: string): Promise<JWTPayload | undefined> {
    try {
      const { payload } = await jwtVerify(token, header => this.keyFor(header as JWTHeaderParameters), {
        algorithms: [algorithm],
        issuer,
        audience,
        typ: type,
        requiredClaims: ['exp', 'iat', 'nbf', 'sub', 'jti', 'access'],
        currentDate: new Date(this.clock.now()),
      });
      return payload;
    } catch (error) {
      const code = systemCode(error) ?? '';
      if (code === 'ERR_JWT_EXPIRED') throw deadToken('has expired');
      if (code.startsWith('ERR_JW') || code.startsWith('ERR_JOSE')) return undefined;
      throw error;
    }
  }

  private async keyFor(header: JWTHeaderParameters): Promise<Uint8Array> {
    const key = typeof header.kid === 'string' ? await this.keys.find(header.kid) : undefined;
    // A random key verifies nothing, so an unknown kid ends like a wrong signature.
    return key?.secret ?? crypto.getRandomValues(new Uint8Array(32));
  }

  /** What the token shall end with: the access token, or else the present password. */
  private async binding(principal: Principal): Promise<{ cred?: string; epoch?: string }> {
    if (principal.userId === null) return {};
    const tokenId = principal.limits?.tokenId ?? undefined;
    if (tokenId !== undefined) return { cred: tokenId };
    const owner = await this.findOwner(principal.userId, undefined);
    if (!owner) throw deadToken('is revoked');
    return { epoch: epochOf(owner.password_hash) };
  }

  private async findOwner(userId: string, tokenId: string | undefined): Promise<OwnerRow | undefined> {
    const rows = await this.database.query<OwnerRow>(
      `select u.id::text, u.name, u.password_hash, t.id::text as token_id, t.actions, t.repository_pattern,
              (extract(epoch from t.expires_at - clock_timestamp()) * 1000)::float8 as remaining_ms
       from access_user u
       left join access_token t on t.id = $2::bigint and t.user_id = u.id and t.revoked_at is null
       where u.id = $1::bigint and u.disabled_at is null and u.removed_at is null and ($2::bigint is null or t.id is not null)`,
      [userId, tokenId ?? null],
    );
    return rows[0];
  }
}

function fitting(scopes: readonly TokenScope[]): Claims['access'] {
  const access: Claims['access'] = [];
  let characters = 0;
  for (const scope of scopes.slice(0, mostScopes)) {
    const entry: Claims['access'][number] = [scope.repositoryId, scope.package, [...new Set(scope.actions)]];
    characters += JSON.stringify(entry).length;
    if (characters > mostScopeCharacters) break;
    access.push(entry);
  }
  return access;
}

function epochOf(passwordHash: string | null): string {
  return createHash('sha256')
    .update(passwordHash ?? '')
    .digest('base64url')
    .slice(0, 16);
}
