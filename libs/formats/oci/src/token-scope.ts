import type { ContentAction } from '#kernel';

/** What one `scope` parameter of the token service asks for, in the protocol's words. Names are as the client wrote them. */
export interface RequestedScope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly ScopeAction[];
}

export const scopeActions = ['pull', 'push', 'delete', '*'] as const;
export type ScopeAction = (typeof scopeActions)[number];

/** More than this many scopes in one request are ignored: a token must stay small enough for a header. */
const maxScopes = 100;

/**
 * What each word of a scope lets its holder do here. A push moves tags, and a tag that moves is no overwrite of bytes, so `push` is
 * publish and tag; whether the principal has these rights is decided again at each request.
 */
const meaning: Record<ScopeAction, readonly ContentAction[]> = {
  pull: ['read'],
  push: ['publish', 'overwrite', 'tag'],
  // Taking a tag away is a move of it.
  delete: ['delete', 'tag'],
  '*': ['read', 'publish', 'overwrite', 'tag', 'delete', 'manage'],
};

/**
 * Reads scope parameters: each may hold several, separated by blanks. Nothing that a client writes is an error: malformed scopes, unknown
 * actions and everything above 100 scopes yield no access (clients send junk, for example a trailing blank or an empty scope).
 * Grammar: `type[(class)]:name:action,action`; the name may hold a colon, so the type ends at the first and the actions begin after the last.
 */
export function parseScopes(values: readonly string[]): RequestedScope[] {
  return values
    .flatMap(value => value.split(' '))
    .slice(0, maxScopes)
    .map(parseScope)
    .filter(scope => scope !== undefined);
}

function parseScope(text: string): RequestedScope | undefined {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first <= 0 || last <= first + 1) return undefined;
  const [, type] = /^([a-z0-9]+)(?:\([a-z0-9]*\))?$/.exec(text.slice(0, first)) ?? [];
  if (type === undefined) return undefined;
  const asked = new Set(text.slice(last + 1).split(','));
  const actions = scopeActions.filter(action => asked.has(action));
  return actions.length === 0 ? undefined : { type, name: text.slice(first + 1, last), actions };
}

/** Splits `repository/image…` at the first slash; undefined for a name of one part. */
export function splitName(name: string): { repository: string; image: string } | undefined {
  const slash = name.indexOf('/');
  if (slash <= 0 || slash === name.length - 1) return undefined;
  return { repository: name.slice(0, slash), image: name.slice(slash + 1) };
}

/** The rights that the actions of a scope ask for, each once. */
export function contentActionsOf(actions: readonly ScopeAction[]): ContentAction[] {
  return [...new Set(actions.flatMap(action => meaning[action]))];
}
