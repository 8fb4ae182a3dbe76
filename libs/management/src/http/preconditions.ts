import type { Request } from 'express';
import type { RepositoryRow } from '#catalog';
import { matchesEtag } from '#http';
import { LarderError } from '#kernel';

/** Changes with each change of the settings, and never comes back for another repository of the same name. */
export function settingsEtag(row: RepositoryRow): string {
  return `"${row.id}-${row.settingsRevision}"`;
}

/** Compares `If-Match` with the present state; without the header everything is right. @throws precondition-failed */
export function requireMatch(request: Request, row: RepositoryRow): void {
  const header = request.headers['if-match'];
  if (header === undefined || matchesEtag(header, settingsEtag(row))) return;
  throw new LarderError(
    'precondition-failed',
    `${row.name} was changed in the meantime; read it again and repeat your change.`,
  );
}
