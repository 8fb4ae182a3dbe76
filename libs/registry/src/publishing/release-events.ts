import type { NewEvent } from '#audit';
import type { PackageRow } from '#catalog';
import type { RepositoryContext } from '../context.js';
import type { AddedFile, AddedVersion, AtPackage } from './release-parts.js';
import { tagEvent, type MovedTag } from './tag-moves.js';

/** Where something happened, in the words of events. */
export function placeOf(
  ctx: RepositoryContext,
  pkg: PackageRow,
): { repositoryId: string; repository: string; package: string } {
  return { repositoryId: ctx.repository.id, repository: ctx.repository.name, package: pkg.name };
}

/** What a release tells the audit log: the version or its new files, then the tags that moved. */
export function releaseEvents(
  ctx: RepositoryContext,
  at: AtPackage & { version: AddedVersion | undefined; moved: readonly MovedTag[] },
  fresh: readonly AddedFile[],
): NewEvent[] {
  const place = placeOf(ctx, at.pkg);
  const version = at.version ? { version: at.version.row.text } : {};
  const described = fresh.map(({ row }) => ({ path: row.path, digest: row.digest, sizeBytes: row.sizeBytes }));
  const replaced = fresh
    .filter(file => file.replaced)
    .map(file => ({ path: file.row.path, digest: file.replaced!.digest }));
  const events: NewEvent[] = [];
  if (at.version?.isNew) events.push({ ...place, ...version, action: 'version.publish', after: { files: described } });
  else if (fresh.length > 0) {
    events.push({
      ...place,
      ...version,
      action: replaced.length > 0 ? 'file.replace' : 'file.publish',
      ...(fresh.length === 1 ? { path: fresh[0]!.row.path } : {}),
      before: replaced.length > 0 ? { files: replaced } : null,
      after: { files: described },
    });
  }
  for (const move of at.moved) events.push(tagEvent(place, move));
  return events;
}
