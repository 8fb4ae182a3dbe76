import { LarderError } from '#kernel';
import type { Tx } from '#database';

/** Key of the advisory lock under which administrators come and go; any constant of our own will do. */
export const administratorsLock = 7_310_001;

/**
 * Runs a change that could take the last administrator away and refuses it if it did. All such changes queue on one lock: two administrators
 * who remove each other at once must not both succeed.
 * @throws conflict
 */
export async function keepAnAdministrator<T>(tx: Tx, change: () => Promise<T>): Promise<T> {
  await tx.query('select pg_advisory_xact_lock($1)', [administratorsLock]);
  const before = await hasAdministrator(tx);
  const result = await change();
  if (before && !(await hasAdministrator(tx))) {
    throw new LarderError(
      'conflict',
      'This would leave nobody who can manage users. Make somebody else an administrator first.',
      {
        rule: 'last-administrator',
      },
    );
  }
  return result;
}

async function hasAdministrator(tx: Tx): Promise<boolean> {
  const rows = await tx.query<{ found: boolean }>(
    `select exists (
       select 1 from access_grant g
       join access_role r on r.id = g.role_id
       join access_user u on u.id = g.user_id
       where 'system:users' = any(r.actions) and g.repository_pattern = '*' and g.name_pattern = '*'
         and u.disabled_at is null and u.removed_at is null
     ) as found`,
  );
  return rows[0]?.found === true;
}
