import type { Principal, TokenLimits } from './contract.js';

/** The caller without credentials: a principal like any other, with the grants to "everyone" only. */
export const anonymousPrincipal: Principal = Object.freeze({
  kind: 'anonymous',
  id: 'anonymous',
  name: 'anonymous',
  userId: null,
  limits: null,
});

/** The server itself (start, jobs). No credential leads to it. */
export const systemPrincipal: Principal = Object.freeze({
  kind: 'system',
  id: 'system',
  name: 'system',
  userId: null,
  limits: null,
});

export function userPrincipal(
  user: { readonly id: string; readonly name: string },
  limits: TokenLimits | null,
): Principal {
  return Object.freeze({ kind: 'user', id: `user:${user.id}`, name: user.name, userId: user.id, limits });
}
