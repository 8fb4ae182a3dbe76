import { LarderError, systemCode } from '#kernel';

/** lock_not_available and query_canceled: the database is there but does not get round to us. */
const overloaded = new Set(['55P03', '57014']);

export function isConnectionFailure(error: unknown): boolean {
  const code = systemCode(error) ?? '';
  return code.startsWith('08') || code.startsWith('57P') || /^E[A-Z]+$/.test(code);
}

/** Turns "cannot reach or wait for PostgreSQL" into the domain's `unavailable`; everything else stays as it is. */
export function asUnavailable(error: unknown): unknown {
  if (error instanceof LarderError) return error;
  const message = (error as { message?: unknown } | null)?.message;
  // node-postgres gives these two conditions no code.
  const waited =
    typeof message === 'string' &&
    /timeout exceeded when trying to connect|Connection terminated|connection error/i.test(message);
  if (!waited && !isConnectionFailure(error) && !overloaded.has(systemCode(error) ?? '')) return error;
  return new LarderError(
    'unavailable',
    'The database cannot be reached or is overloaded; repeat the request in a few seconds.',
    {
      retryAfterSeconds: 2,
      cause: error,
    },
  );
}
