import { Injectable } from '@nestjs/common';
import { LarderError } from '#kernel';
import { Accounts, Gate, Neighbours, type Principal, type RootContext, type TokenScope } from '#registry';
import { ociError } from './oci-error.js';
import { contentActionsOf, parseScopes, splitName, type RequestedScope } from './token-scope.js';

/** Docker's token answer and OAuth's in one: clients read either name. */
export interface IssuedToken {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
}

/**
 * Stands in a token that was issued for `registry:catalog:*`. No repository has this id; what the catalog then shows is what the principal may read.
 */
const catalogScope: TokenScope = { repositoryId: '0', package: 'catalog', actions: ['read'] };

@Injectable()
export class Tokens {
  constructor(
    private readonly accounts: Accounts,
    private readonly neighbours: Neighbours,
    private readonly gate: Gate,
  ) {}

  /** Scopes are cut to what the principal may do, and never an error. */
  async issue(ctx: RootContext, principal: Principal, scopeTexts: readonly string[]): Promise<IssuedToken> {
    const scopes: TokenScope[] = [];
    for (const requested of parseScopes(scopeTexts)) {
      const scope = await this.granted(ctx, principal, requested);
      if (scope) scopes.push(scope);
    }
    const { token, expiresInSeconds } = await this.accounts.issueRegistryToken(principal, scopes);
    return { token, access_token: token, expires_in: expiresInSeconds, issued_at: new Date().toISOString() };
  }

  /** OAuth's password grant, which containerd and helm try first. @throws invalid-credentials, rate-limited, invalid-request */
  async passwordGrant(ctx: RootContext, form: URLSearchParams): Promise<Principal> {
    if (form.get('grant_type') !== 'password') {
      throw ociError('invalid-request', 'UNSUPPORTED', 'This token service takes grant_type=password only.', {
        oauthError: 'unsupported_grant_type',
      });
    }
    const [name, password] = [form.get('username'), form.get('password')];
    if (!name || !password) throw new LarderError('invalid-credentials', 'The form needs username and password.');
    return this.accounts.verifyPassword(name, password, ctx.actor.sourceAddress ?? '');
  }

  private async granted(
    ctx: RootContext,
    principal: Principal,
    { type, name, actions }: RequestedScope,
  ): Promise<TokenScope | undefined> {
    if (type === 'registry' && name === 'catalog') return catalogScope;
    const at = type === 'repository' ? splitName(name) : undefined;
    const source = at && (await this.neighbours.find(ctx, at.repository, { principal, target: { package: at.image } }));
    if (!source || !at) return undefined;
    const allowed = contentActionsOf(actions).filter(action => this.gate.allows(source, action));
    return allowed.length === 0
      ? undefined
      : { repositoryId: source.repository.id, package: at.image, actions: allowed };
  }
}

/** The principal for whom a catalog is made: a token that was issued for the catalog is not held to the images that it names besides. */
export function catalogReader(principal: Principal): Principal {
  const scopes = principal.limits?.scopes;
  if (!principal.limits || !scopes?.some(scope => scope.repositoryId === catalogScope.repositoryId)) return principal;
  const { scopes: _, ...limits } = principal.limits;
  return { ...principal, limits };
}
