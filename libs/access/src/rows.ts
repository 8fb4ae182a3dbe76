import type { Action } from '#kernel';
import type { TokenKind } from './token-format.js';

/** Row ids are PostgreSQL bigints and travel as decimal text. */
export interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly disabledAt: Date | null;
  readonly removedAt: Date | null;
  readonly createdAt: Date;
  /** False for a user who can only use access tokens. */
  readonly hasPassword: boolean;
}

export interface TokenRow {
  readonly id: string;
  readonly userId: string;
  readonly userName: string;
  readonly name: string;
  readonly kind: TokenKind;
  /** The beginning of the secret, for recognising it. */
  readonly prefix: string;
  /** null: no limit. */
  readonly actions: readonly Action[] | null;
  readonly repositoryPattern: string | null;
  readonly client: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly lastUsedAddress: string | null;
  readonly revokedAt: Date | null;
}

export interface RoleRow {
  readonly id: string;
  readonly name: string;
  readonly actions: readonly Action[];
  readonly builtIn: boolean;
  readonly createdAt: Date;
}

export interface GrantRow {
  readonly id: string;
  readonly subjectKind: 'user' | 'everyone' | 'signed-in';
  readonly userId: string | null;
  readonly userName: string | null;
  readonly roleId: string;
  readonly roleName: string;
  readonly repositoryPattern: string;
  readonly namePattern: string;
  readonly tagPattern: string;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** Keyset paging: `after` is the key of the last row already seen. */
export interface Page {
  readonly after?: string | undefined;
  /** 1 to 1,000. */
  readonly limit: number;
}
