import { LarderError, type Action, type Clock, type Logger } from '#kernel';
import { accessTopic, parseAccessNotice } from './access-notices.js';
import type { AccessVerdict, Principal, Subject } from './contract.js';
import type { Database } from '#database';
import { everythingReadable, type NameFilter, type ReadFilter } from './read-filter.js';
import { RightsSnapshot, type CompiledGrant } from './rights-snapshot.js';
import { limitAgainst, patternCovers, scopesCover, type LimitRule } from './token-limits.js';

type Repository = NonNullable<Subject['repository']>;

/** A tag pattern restricts these, on a subject that has a tag. */
const tagActions: ReadonlySet<Action> = new Set<Action>(['tag', 'publish', 'overwrite', 'delete']);
/** May be asked about a repository as a whole by somebody whose grant covers only some names in it. */
const partialActions: ReadonlySet<Action> = new Set<Action>(['read', 'publish']);
/** How old the rights may be while notifications cannot arrive. */
const deafMs = 1_000;

const systemVerdict: AccessVerdict = Object.freeze({ allow: true, rule: 'system' });

/**
 * Who may do what: the grants of the user, of the signed-in and of everyone, cut by the limits of the token. Decided from a snapshot in
 * memory, which every process replaces when grants, roles or users change.
 */
export class Authorizer {
  private snapshot: RightsSnapshot | undefined;
  private loading: Promise<void> | undefined;
  /** Grows with every notice; the snapshot is current when it was read at or after the latest. */
  private wanted = 1;
  private loaded = 0;
  private loadedAt = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    database.on(accessTopic, payload => {
      if (parseAccessNotice(payload).rights) this.renew();
    });
    database.onReconnect(() => this.renew());
  }

  /** True when `authorize` decides on the rights of this moment. */
  get current(): boolean {
    return this.loaded >= this.wanted && (this.database.notificationsLive || this.age < deafMs);
  }

  /** Waits until every change committed before this call is known. `authenticate` has done it for each request. */
  async ready(): Promise<void> {
    if (this.current) return;
    const needed = this.wanted;
    do await this.load();
    while (this.loaded < needed);
  }

  /**
   * Decides without waiting. Anonymous without the right is `unauthenticated`; a signed-in principal is told `forbidden` only about what it
   * may read, everything else is `hidden`. A registry token too narrow for what its principal may do is `unauthenticated` (`token-scopes`):
   * its client may fetch another.
   * @throws unavailable when no rights could be loaded yet.
   */
  authorize(principal: Principal, action: Action, subject: Subject): AccessVerdict {
    if (principal.kind === 'system') return systemVerdict;
    const rights = this.rights();
    if (rights.isInactive(principal))
      return refuse('unauthenticated', 'user-inactive', 'This user is disabled or removed.');
    const grant = findGrant(rights, principal, action, subject);
    const limit = limitAgainst(principal.limits, action, subject);
    if (grant && !limit) {
      const scopes = principal.limits?.scopes;
      if (!scopes || scopesCover(scopes, action, subject)) return grant.allowed;
      return refuse(
        'unauthenticated',
        'token-scopes',
        `The registry token was not issued for "${action}" on ${describe(subject)}; request one that is.`,
      );
    }
    if (principal.kind === 'anonymous') {
      return refuse('unauthenticated', 'no-grant', `Sign in to ${phrase(action)} ${describe(subject)}.`);
    }
    const mayRead =
      subject.repository === undefined ||
      (findGrant(rights, principal, 'read', subject) !== undefined &&
        limitAgainst(principal.limits, 'read', subject) === undefined);
    if (!mayRead)
      return refuse('hidden', limit ?? 'no-grant', `${principal.name} has no right to read ${describe(subject)}.`);
    return refuse('forbidden', limit ?? 'no-grant', forbiddenReason(action, subject, limit));
  }

  /**
   * True when the principal may read or publish something in the repository: it may know that the repository exists. The scopes of a registry token do not
   * count: its holder is told to fetch another one, which must not depend on what this one was for.
   */
  canSee(principal: Principal, repository: Repository): boolean {
    const subject = { repository };
    const holder = withoutScopes(principal);
    return this.authorize(holder, 'read', subject).allow || this.authorize(holder, 'publish', subject).allow;
  }

  /** The names in a repository that the principal may read. Without patterns: none. */
  readableNames(principal: Principal, repository: Repository): NameFilter {
    const filter = this.readFilter(principal);
    if (filter.all) return { all: true };
    if (filter.within !== null && !patternCovers(filter.within, repository.name)) return { all: false, patterns: [] };
    const rights = this.rights();
    const globs = rights
      .grantsIn(principal, repository.name)
      .filter(grant => grant.actions.has('read'))
      .map(grant => grant.name);
    if (filter.rows.length === 0) return { all: false, patterns: [] };
    if (filter.scopes) {
      const names = filter.scopes.filter(scope => scope.repositoryId === repository.id).map(scope => scope.package);
      return { all: false, patterns: names.filter(name => globs.some(glob => glob.matches(name))) };
    }
    if (globs.some(glob => glob.pattern === '*')) return { all: true };
    return { all: false, patterns: [...new Set(globs.map(glob => glob.pattern))] };
  }

  /** Everything that the principal may read, in a form that SQL can apply over all repositories. */
  readFilter(principal: Principal): ReadFilter {
    if (principal.kind === 'system') return everythingReadable;
    const rights = this.rights();
    const { limits } = principal;
    const mayRead = !rights.isInactive(principal) && (!limits?.actions || limits.actions.includes('read'));
    const grants = mayRead ? rights.grantsOf(principal).filter(grant => grant.actions.has('read')) : [];
    const whole = grants.some(grant => grant.repository.pattern === '*' && grant.name.pattern === '*');
    if (whole && limits?.scopes === undefined && (limits?.repositoryPattern ?? '*') === '*') return everythingReadable;
    return {
      all: false,
      rows: whole
        ? [{ repository: '*', name: '*' }]
        : grants.map(grant => ({ repository: grant.repository.pattern, name: grant.name.pattern })),
      within: limits?.repositoryPattern ?? null,
      // A name with a star in it cannot be told from a pattern, and no registry name has one.
      scopes: limits?.scopes?.filter(scope => scope.actions.includes('read') && !/[*?]/.test(scope.package)) ?? null,
    };
  }

  private rights(): RightsSnapshot {
    if (!this.current) this.loadBehind();
    if (!this.snapshot)
      throw new LarderError('unavailable', 'The rights are not loaded yet; try again in a few seconds.', {
        retryAfterSeconds: 2,
      });
    return this.snapshot;
  }

  private get age(): number {
    const age = this.clock.now() - this.loadedAt;
    // A clock that was set back must not make old rights young.
    return age < 0 ? Infinity : age;
  }

  /** Loads at once, not at the next request: an upload that has been running for an hour asks again without authenticating again. */
  private renew(): void {
    this.wanted++;
    this.loadBehind();
  }

  private loadBehind(): void {
    this.ready().catch((error: unknown) => this.logger.warn({ err: error }, 'the rights could not be loaded again'));
  }

  /** One load at a time; who needs a later one asks again. */
  private load(): Promise<void> {
    this.loading ??= this.loadOnce().finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async loadOnce(): Promise<void> {
    const reading = this.wanted;
    const startedAt = this.clock.now();
    this.snapshot = await RightsSnapshot.load(this.database);
    this.loaded = reading;
    this.loadedAt = startedAt;
  }
}

function withoutScopes(principal: Principal): Principal {
  if (!principal.limits?.scopes) return principal;
  const { scopes: _, ...limits } = principal.limits;
  return { ...principal, limits };
}

function findGrant(
  rights: RightsSnapshot,
  principal: Principal,
  action: Action,
  subject: Subject,
): CompiledGrant | undefined {
  const grants = subject.repository ? rights.grantsIn(principal, subject.repository.name) : rights.grantsOf(principal);
  return grants.find(grant => grant.actions.has(action) && covers(grant, action, subject));
}

function covers(grant: CompiledGrant, action: Action, subject: Subject): boolean {
  if (!subject.repository) return grant.repository.pattern === '*' && grant.name.pattern === '*';
  if (subject.package === undefined) return partialActions.has(action) || grant.name.pattern === '*';
  if (!grant.name.matches(subject.package)) return false;
  return subject.tag === undefined || !tagActions.has(action) || grant.tag.matches(subject.tag);
}

function refuse(outcome: 'unauthenticated' | 'hidden' | 'forbidden', rule: string, reason: string): AccessVerdict {
  return { allow: false, outcome, rule, reason };
}

function forbiddenReason(action: Action, subject: Subject, limit: LimitRule | undefined): string {
  if (limit === 'token-actions')
    return `This access token does not include "${action}"; use one that does for ${describe(subject)}.`;
  if (limit === 'token-repository')
    return `This access token is limited to other repositories; use one that covers ${describe(subject)}.`;
  return `You do not have the right "${action}" on ${describe(subject)}; ask an administrator for a role that includes it.`;
}

function describe(subject: Subject): string {
  if (!subject.repository) return 'this server';
  const where = `repository "${subject.repository.name}"`;
  if (subject.package === undefined) return where;
  return subject.tag === undefined
    ? `"${subject.package}" in ${where}`
    : `"${subject.package}" with tag "${subject.tag}" in ${where}`;
}

function phrase(action: Action): string {
  return action.startsWith('system:') ? `use "${action}" on` : action;
}
