import { LRUCache } from 'lru-cache';
import { compileGlob, type Action, type Glob } from '#kernel';
import type { Subject, TokenLimits, TokenScope } from './contract.js';

export type LimitRule = 'token-actions' | 'token-repository';

const compiled = new LRUCache<string, Glob>({ max: 1_000 });

/** The limit of a token that stands against an action, apart from registry scopes; undefined when none does. */
export function limitAgainst(limits: TokenLimits | null, action: Action, subject: Subject): LimitRule | undefined {
  if (limits === null) return undefined;
  if (limits.actions && !limits.actions.includes(action)) return 'token-actions';
  return limits.repositoryPattern !== undefined && !patternCovers(limits.repositoryPattern, subject.repository?.name)
    ? 'token-repository'
    : undefined;
}

/** True when the token's pattern covers the repository; rights over the whole server need a pattern over everything. */
export function patternCovers(pattern: string, repositoryName: string | undefined): boolean {
  if (pattern === '*') return true;
  if (repositoryName === undefined) return false;
  let glob = compiled.get(pattern);
  if (!glob) {
    glob = compileGlob(pattern);
    compiled.set(pattern, glob);
  }
  return glob.matches(repositoryName);
}

/**
 * True when a registry token's scopes hold the action. A subject without a package (a listing of the repository) may be read when some scope
 * reads in that repository; the listing itself shows the names of the scopes only.
 */
export function scopesCover(scopes: readonly TokenScope[], action: Action, subject: Subject): boolean {
  const { repository, package: name } = subject;
  if (!repository) return false;
  if (name === undefined && action !== 'read') return false;
  return scopes.some(
    scope =>
      scope.repositoryId === repository.id &&
      (name === undefined || scope.package === name) &&
      (scope.actions as readonly Action[]).includes(action),
  );
}
