import type { GrantRow, RoleRow, TokenRow, UserRow } from '#access';
import type { NewEvent } from '#audit';
import { iso, isoOrNull } from '../views/sql.js';

// What the REST interface and the events show of people and rights. Never a hash, never a secret.

export function shapeUser(row: UserRow) {
  return {
    id: row.id,
    name: row.name,
    displayName: row.displayName,
    email: row.email,
    disabled: row.disabledAt !== null,
    createdAt: iso(row.createdAt),
  };
}

export function shapeRole(row: RoleRow) {
  return { id: row.id, name: row.name, actions: [...row.actions], builtIn: row.builtIn };
}

export function shapeGrant(row: GrantRow) {
  return {
    id: row.id,
    subject: row.subjectKind,
    user: row.userName,
    role: row.roleName,
    repository: row.repositoryPattern,
    name: row.namePattern,
    tag: row.tagPattern,
    createdAt: iso(row.createdAt),
    createdBy: row.createdBy,
  };
}

export function shapeToken(row: TokenRow) {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    client: row.client,
    prefix: row.prefix,
    actions: row.actions && [...row.actions],
    repositoryPattern: row.repositoryPattern,
    createdAt: iso(row.createdAt),
    expiresAt: isoOrNull(row.expiresAt),
    lastUsedAt: isoOrNull(row.lastUsedAt),
    revokedAt: isoOrNull(row.revokedAt),
  };
}

export function grantEvent(action: 'grant.create' | 'grant.remove', row: GrantRow): NewEvent {
  const { id, subject, user, role, repository, name, tag } = shapeGrant(row);
  const grant = { id, subject, user, role, repository, name, tag };
  return action === 'grant.create' ? { action, after: grant } : { action, before: grant };
}

export function tokenEvent(action: 'token.create' | 'token.revoke', row: TokenRow): NewEvent {
  const { id, name, kind, actions, repositoryPattern, expiresAt } = shapeToken(row);
  const token = { id, user: row.userName, name, kind, actions, repositoryPattern, expiresAt };
  return action === 'token.create' ? { action, after: token } : { action, before: token };
}
