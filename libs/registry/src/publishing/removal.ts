import { Injectable } from '@nestjs/common';
import { Events } from '#audit';
import { FileRows, Packages, Versions, type FileRow, type PackageRow, type VersionRow } from '#catalog';
import type { Tx } from '#database';
import { LarderError } from '#kernel';
import type { RepositoryContext } from '../context.js';
import { nothingThere } from '../gate.js';
import { tagEvent, TagMoves } from './tag-moves.js';

/** Removing marks rows: versions become tombstones, files history, tags end. References and bytes stay until they are purged. */
@Injectable()
export class Removal {
  constructor(
    private readonly packages: Packages,
    private readonly versions: Versions,
    private readonly rows: FileRows,
    private readonly tagMoves: TagMoves,
    private readonly events: Events,
  ) {}

  async version(tx: Tx, ctx: RepositoryContext, at: { pkg: PackageRow; versionText: string }): Promise<void> {
    const version = await this.versions.find(tx, at.pkg.id, at.versionText);
    if (!version || version.removedAt)
      throw new LarderError(
        'not-found',
        nothingThere({ package: `${at.pkg.name} ${at.versionText}` }, ctx.repository.name),
      );
    await this.refuseWhileNeeded(tx, at.pkg, `Version ${version.text}`, [version.text]);
    const files = await this.rows.livingOfVersions(tx, [version.id]);
    await this.removeAll(tx, ctx, { pkg: at.pkg, versions: [version], files });
  }

  async package(tx: Tx, ctx: RepositoryContext, pkg: PackageRow): Promise<void> {
    const versions = await this.versions.living(tx, pkg);
    const files = await this.rows.livingOfPackage(tx, pkg.id);
    if (versions.length === 0 && files.length === 0)
      throw new LarderError('not-found', nothingThere({ package: pkg.name }, ctx.repository.name));
    await this.removeAll(tx, ctx, { pkg, versions, files });
  }

  async file(tx: Tx, ctx: RepositoryContext, at: { pkg: PackageRow; path: string }): Promise<void> {
    const file = await this.rows.findLiving(tx, ctx.repository.id, at.path);
    if (!file || file.packageId !== at.pkg.id)
      throw new LarderError('not-found', nothingThere({ file: at.path }, ctx.repository.name));
    await this.refuseWhileNeeded(tx, at.pkg, at.path, namesOf(file));
    const siblings = file.versionId === null ? [] : await this.rows.livingOfVersions(tx, [file.versionId]);
    const version = siblings.length === 1 ? await this.versions.findLiving(tx, file.versionId!) : undefined;
    await this.removeAll(tx, ctx, { pkg: at.pkg, versions: version ? [version] : [], files: [file] });
  }

  /** What another version of the package is made of stays as long as that version: an index without its images is of no use. */
  private async refuseWhileNeeded(tx: Tx, pkg: PackageRow, what: string, digests: readonly string[]): Promise<void> {
    const holders = await this.versions.needing(tx, pkg.id, digests);
    if (holders.length === 0) return;
    throw new LarderError('conflict', `${what} belongs to ${holders.join(', ')}; remove that first.`, {
      rule: 'still-referenced',
      details: { package: pkg.name, neededBy: holders },
    });
  }

  private async removeAll(
    tx: Tx,
    ctx: RepositoryContext,
    what: { pkg: PackageRow; versions: readonly VersionRow[]; files: readonly FileRow[] },
  ): Promise<void> {
    const { pkg, versions, files } = what;
    const by = ctx.principal.name;
    const ended = await this.tagMoves.endOf(tx, ctx, { pkg, versions });
    await this.versions.remove(
      tx,
      versions.map(version => version.id),
      by,
    );
    await this.rows.remove(
      tx,
      files.map(file => file.id),
      by,
    );
    await this.packages.changed(tx, pkg, { files: -files.length, versions: -versions.length });
    const place = { repositoryId: ctx.repository.id, repository: ctx.repository.name, package: pkg.name };
    const byVersion = Map.groupBy(files, file => file.versionId);
    const removed = new Set<string | null>(versions.map(version => version.id));
    await this.events.record(tx, ctx.actor, [
      ...ended.map(move => tagEvent(place, move)),
      ...versions.map(version => ({
        ...place,
        action: 'version.remove',
        version: version.text,
        before: { files: (byVersion.get(version.id) ?? []).map(file => ({ path: file.path, digest: file.digest })) },
      })),
      ...files
        .filter(file => !removed.has(file.versionId))
        .map(file => ({ ...place, action: 'file.remove', path: file.path, before: { digest: file.digest } })),
    ]);
  }
}

/** Every digest under which an edge may name the bytes. */
function namesOf(file: FileRow): string[] {
  return [file.digest, ...(file.checksums.sha512 === undefined ? [] : [`sha512:${file.checksums.sha512}`])];
}
