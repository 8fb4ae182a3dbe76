import { Injectable } from '@nestjs/common';
import { Events } from '#audit';
import { Packages, Repositories, Versions, type PackageRow, type VersionRow, type VersionState } from '#catalog';
import type { Tx } from '#database';
import { LarderError } from '#kernel';
import type { RepositoryContext } from '../context.js';
import type { Draft, DraftVersion, Released } from '../draft.js';
import { Gate, nothingThere } from '../gate.js';
import { FileSteps } from './file-steps.js';
import { decideByOverwritePolicy, refusedBy } from './refused-by.js';
import { placeOf, releaseEvents } from './release-events.js';
import type { AddedFile, AddedVersion, AtPackage } from './release-parts.js';
import { TagMoves, type MovedTag } from './tag-moves.js';

/** The steps of a release, inside its transaction. Each does one thing; `Publishing.release` tells their order. */
@Injectable()
export class ReleaseSteps {
  constructor(
    private readonly gate: Gate,
    private readonly repositories: Repositories,
    private readonly packages: Packages,
    private readonly versions: Versions,
    private readonly files: FileSteps,
    private readonly tagMoves: TagMoves,
    private readonly events: Events,
  ) {}

  /** Rights may have changed while the body streamed; the repository must still be there at the commit. */
  async authorize(tx: Tx, ctx: RepositoryContext, draft: Draft): Promise<void> {
    await this.repositories.lock(tx, ctx.repository.id, 'share');
    const target = { package: draft.package, ...(draft.version ? { version: draft.version.text } : {}) };
    this.gate.authorize(ctx, 'publish', target);
    for (const tag of draft.tags ?? []) this.gate.authorize(ctx, 'publish', { ...target, tag: tag.name });
  }

  lockPackage(tx: Tx, ctx: RepositoryContext, draft: Draft): Promise<PackageRow> {
    return this.packages.lockOrCreate(tx, ctx.repository.id, draft.package, draft.displayName ?? draft.package);
  }

  async lockPresent(tx: Tx, ctx: RepositoryContext, name: string): Promise<PackageRow | undefined> {
    await this.repositories.lock(tx, ctx.repository.id, 'share');
    return this.packages.lock(tx, ctx.repository.id, name);
  }

  /** @throws version-removed for a tombstone that may not come back */
  async addVersion(tx: Tx, ctx: RepositoryContext, at: AtPackage): Promise<AddedVersion | undefined> {
    const wanted = at.draft.version;
    if (!wanted) return undefined;
    const present = await this.versions.find(tx, at.pkg.id, wanted.text);
    const row = this.rowOf(ctx, wanted);
    if (!present) return { row: await this.versions.add(tx, at.pkg.id, row), isNew: true };
    if (present.removedAt === null) return this.present(tx, ctx, { at, wanted, present });
    if (wanted.whenRemoved === 'refuse') {
      throw new LarderError(
        'version-removed',
        `Version ${wanted.text} of ${at.pkg.name} was removed and cannot be used again; publish under a new version.`,
        {
          rule: 'tombstone',
          details: { package: at.pkg.name, version: wanted.text },
        },
      );
    }
    return { row: await this.versions.revive(tx, present.id, row), isNew: true };
  }

  addFiles(
    tx: Tx,
    ctx: RepositoryContext,
    at: AtPackage & { version: AddedVersion | undefined },
  ): Promise<AddedFile[]> {
    return this.files.add(tx, ctx, at);
  }

  /** What the draft refers to was looked up before the lock, and may have been removed since. @throws unknown-reference */
  async addReferences(tx: Tx, at: AtPackage & { version: AddedVersion | undefined }): Promise<void> {
    if (!at.version?.isNew) return;
    await this.files.requireReferenced(tx, at);
    const references = (at.draft.references ?? []).map(r => ({
      relation: r.relation,
      digest: r.digest,
      blobId: r.blobId ?? null,
    }));
    if (references.length === 0) return;
    const present = await this.versions.references(tx, at.version.row.id);
    // A version that was removed and comes back has kept its edges.
    if (present.length > 0) return;
    await this.versions.addReferences(tx, at.version.row, references);
  }

  async moveTags(
    tx: Tx,
    ctx: RepositoryContext,
    at: AtPackage & { version: AddedVersion | undefined },
  ): Promise<MovedTag[]> {
    const moved: MovedTag[] = [];
    for (const tag of at.draft.tags ?? []) {
      if (!at.version) throw new Error('a draft with tags needs a version');
      const move = await this.tagMoves.publish(tx, ctx, { pkg: at.pkg, tag, version: at.version.row });
      if (move) moved.push(move);
    }
    return moved;
  }

  /** Bumps the package, writes the events. When nothing changed, neither. */
  async conclude(
    tx: Tx,
    ctx: RepositoryContext,
    at: AtPackage & { version: AddedVersion | undefined; files: readonly AddedFile[]; moved: readonly MovedTag[] },
  ): Promise<Released> {
    const files = at.files.map(file => file.row);
    const fresh = at.files.filter(file => file.isNew);
    const changed = at.version?.isNew === true || fresh.length > 0 || at.moved.length > 0;
    if (!changed) return { package: at.pkg, version: at.version?.row, files, changed };
    if (at.version && !at.version.isNew && fresh.length > 0) await this.versions.touch(tx, at.version.row.id);
    const pkg = await this.packages.changed(tx, at.pkg, {
      files: fresh.filter(file => !file.replaced).length,
      versions: at.version?.isNew ? 1 : 0,
      ...(at.draft.packageMetadata ? { metadata: at.draft.packageMetadata } : {}),
    });
    await this.events.record(tx, ctx.actor, releaseEvents(ctx, at, fresh));
    return { package: pkg, version: at.version?.row, files, changed };
  }

  async setState(
    tx: Tx,
    ctx: RepositoryContext,
    at: { pkg: PackageRow; version: string; state: VersionState; reason: string | null },
  ): Promise<void> {
    const version = await this.versions.find(tx, at.pkg.id, at.version);
    if (!version || version.removedAt)
      throw new LarderError(
        'not-found',
        nothingThere({ package: at.pkg.name, version: at.version }, ctx.repository.name),
      );
    const before = await this.versions.state(tx, version.id, at.state);
    if ((before?.reason ?? null) === at.reason) return;
    await this.versions.setState(tx, version, { state: at.state, reason: at.reason, by: ctx.principal.name });
    await this.packages.changed(tx, at.pkg, { files: 0, versions: 0 });
    const after = at.reason === null ? null : { state: at.state, reason: at.reason };
    await this.events.record(tx, ctx.actor, {
      ...placeOf(ctx, at.pkg),
      action: at.reason === null ? 'state.clear' : 'state.set',
      version: version.text,
      before: before ? { state: at.state, reason: before.reason } : null,
      after,
    });
  }

  async seal(tx: Tx, ctx: RepositoryContext, at: { pkg: PackageRow; versionTexts: readonly string[] }): Promise<void> {
    const sealed = await this.versions.seal(tx, at.pkg.id, at.versionTexts);
    if (sealed.length === 0) return;
    await this.packages.changed(tx, at.pkg, { files: 0, versions: 0 });
    await this.events.record(
      tx,
      ctx.actor,
      sealed.map(version => ({ ...placeOf(ctx, at.pkg), action: 'version.seal', version })),
    );
  }

  async setMetadata(
    tx: Tx,
    ctx: RepositoryContext,
    at: { pkg: PackageRow; metadata: Readonly<Record<string, unknown>> },
  ): Promise<void> {
    await this.packages.changed(tx, at.pkg, { files: 0, versions: 0, metadata: at.metadata });
    await this.events.record(tx, ctx.actor, {
      ...placeOf(ctx, at.pkg),
      action: 'package.describe',
      before: at.pkg.metadata,
      after: at.metadata,
    });
  }

  /** A living version is there: join it, or replace it where the policy allows; an identical repetition passes. */
  private async present(
    tx: Tx,
    ctx: RepositoryContext,
    found: { at: AtPackage; wanted: DraftVersion; present: VersionRow },
  ): Promise<AddedVersion> {
    const { at, wanted, present } = found;
    if (wanted.whenPresent === 'join') return { row: present, isNew: false };
    if (await this.files.areIn(tx, present, at.draft)) return { row: present, isNew: false };
    const verdict = decideByOverwritePolicy(ctx, `Version ${wanted.text} of ${at.pkg.name}`);
    if (!verdict.allow) throw refusedBy(verdict, { package: at.pkg.name, version: wanted.text });
    this.gate.authorize(ctx, 'overwrite', { package: at.pkg.name, version: wanted.text });
    return { row: await this.versions.revive(tx, present.id, this.rowOf(ctx, wanted)), isNew: false };
  }

  private rowOf(ctx: RepositoryContext, version: DraftVersion): Parameters<Versions['add']>[2] {
    return {
      text: version.text,
      metadata: version.metadata,
      fragments: version.fragments ?? {},
      publishedBy: ctx.principal.name,
      publisherId: ctx.principal.id,
      sealed: version.open !== true,
    };
  }
}
