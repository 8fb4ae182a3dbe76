import type { Request } from 'express';
import type { RepositoryRow } from '#catalog';
import { matchesEtag } from '#http';
import { LarderError } from '#kernel';

/** Changes with each change of the settings, and never comes back for another repository of the same name. */
export function settingsEtag(row: RepositoryRow): string {
  return `"${row.id}-${row.settingsRevision}"`;
}

/**
 * Compares `If-Match` with the present state. Returns the revision that the change must still find, undefined when the request does not care.
 * @throws precondition-failed
 */
export function requireMatch(request: Request, row: RepositoryRow): number | undefined {
  const header = request.headers['if-match'];
  if (header === undefined) return undefined;
  if (!matchesEtag(header, settingsEtag(row))) {
    throw new LarderError(
      'precondition-failed',
      `${row.name} was changed in the meantime; read it again and repeat your change.`,
    );
  }
  return row.settingsRevision;
}
