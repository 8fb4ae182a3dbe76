import { LRUCache } from 'lru-cache';
import { compileGlob, type Action, type Glob } from '#kernel';
import type { AccessVerdict, Principal } from './contract.js';
import { isAction } from './credential-checker.js';
import type { Database } from '#database';

/** A grant ready to be asked. */
export interface CompiledGrant {
  /** The answer when this grant decides, made once. Its rule is for the trace: `grant:12 publisher`. */
  readonly allowed: AccessVerdict;
  readonly actions: ReadonlySet<Action>;
  readonly repository: Glob;
  readonly name: Glob;
  readonly tag: Glob;
}

export interface GrantRecord {
  readonly id: string;
  readonly subject_kind: string;
  readonly user_id: string | null;
  readonly role: string;
  readonly actions: readonly string[];
  readonly repository_pattern: string;
  readonly name_pattern: string;
  readonly tag_pattern: string;
}

const mostRemembered = 20_000;

/** All rights at one moment, in memory. Never changed: a newer one replaces it whole. */
export class RightsSnapshot {
  private readonly everyone: CompiledGrant[] = [];
  private readonly signedIn: CompiledGrant[] = [];
  private readonly byUser = new Map<string, CompiledGrant[]>();
  /** Grants whose repository pattern matches, by principal and repository: patterns are tried once for each pair, not in each request. */
  private readonly matching = new LRUCache<string, readonly CompiledGrant[]>({ max: mostRemembered });

  constructor(
    grants: readonly GrantRecord[],
    private readonly inactiveUsers: ReadonlySet<string>,
  ) {
    for (const grant of grants) this.listFor(grant).push(compileGrant(grant));
  }

  static async load(database: Database): Promise<RightsSnapshot> {
    const [grants, inactive] = await Promise.all([
      database.query<GrantRecord>(
        `select g.id::text, g.subject_kind, g.user_id::text, r.name as role, r.actions, g.repository_pattern, g.name_pattern, g.tag_pattern
         from access_grant g join access_role r on r.id = g.role_id order by g.id`,
      ),
      database.query<{ id: string }>(
        'select id::text from access_user where disabled_at is not null or removed_at is not null',
      ),
    ]);
    return new RightsSnapshot(grants, new Set(inactive.map(row => row.id)));
  }

  isInactive(principal: Principal): boolean {
    return principal.userId !== null && this.inactiveUsers.has(principal.userId);
  }

  /** All grants of a principal, without the limits of its token. */
  grantsOf(principal: Principal): CompiledGrant[] {
    if (principal.kind !== 'user' || principal.userId === null) return this.everyone;
    return [...this.everyone, ...this.signedIn, ...(this.byUser.get(principal.userId) ?? [])];
  }

  /** The grants of a principal that cover (part of) a repository. */
  grantsIn(principal: Principal, repositoryName: string): readonly CompiledGrant[] {
    const key = `${principal.userId ?? ''}/${repositoryName}`;
    let grants = this.matching.get(key);
    if (!grants) {
      grants = this.grantsOf(principal).filter(grant => grant.repository.matches(repositoryName));
      this.matching.set(key, grants);
    }
    return grants;
  }

  private listFor(grant: GrantRecord): CompiledGrant[] {
    if (grant.subject_kind === 'everyone') return this.everyone;
    if (grant.subject_kind === 'signed-in') return this.signedIn;
    const list = this.byUser.get(grant.user_id!) ?? [];
    this.byUser.set(grant.user_id!, list);
    return list;
  }
}

function compileGrant(grant: GrantRecord): CompiledGrant {
  return {
    allowed: Object.freeze({ allow: true, rule: `grant:${grant.id} ${grant.role}` }),
    actions: new Set(grant.actions.filter(isAction)),
    repository: compileGlob(grant.repository_pattern),
    name: compileGlob(grant.name_pattern),
    tag: compileGlob(grant.tag_pattern),
  };
}
