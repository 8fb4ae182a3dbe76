import type { Tx } from '#database';

/** The notification topic of this room. Payloads: `credentials:<user id>`, `rights`; anything else means both, for everybody. */
export const accessTopic = 'access';

const credentialsPrefix = 'credentials:';

/** A password, a token or the state of a user changed: verified credentials of that user are dropped on every process. */
export function noticeCredentials(tx: Tx, userId: string): void {
  tx.notify(accessTopic, credentialsPrefix + userId);
}

/** Users, roles or grants changed: every process loads its snapshot of the rights again. */
export function noticeRights(tx: Tx): void {
  tx.notify(accessTopic, 'rights');
}

export interface AccessNotice {
  readonly rights: boolean;
  /** `all`, the id of one user, or null when no credential is concerned. */
  readonly credentialsOf: string | null;
}

export function parseAccessNotice(payload: string): AccessNotice {
  if (payload === 'rights') return { rights: true, credentialsOf: null };
  if (payload.startsWith(credentialsPrefix))
    return { rights: false, credentialsOf: payload.slice(credentialsPrefix.length) };
  return { rights: true, credentialsOf: 'all' };
}
