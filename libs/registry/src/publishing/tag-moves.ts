import { Injectable } from '@nestjs/common';
import { Events, type NewEvent } from '#audit';
import { Packages, Tags, Versions, type PackageRow, type TagRow, type VersionRow } from '#catalog';
import type { Tx } from '#database';
import { LarderError } from '#kernel';
import { decideTagMove, type TagRule } from '#policy';
import type { RepositoryContext } from '../context.js';
import type { DraftTag } from '../draft.js';
import { Gate, nothingThere } from '../gate.js';
import { refusedBy } from './refused-by.js';

export interface MovedTag {
  readonly tag: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** Tags move only here: the tag rules are asked, the interval is closed and opened, and the move can be told as an event. */
@Injectable()
export class TagMoves {
  constructor(
    private readonly gate: Gate,
    private readonly tags: Tags,
    private readonly versions: Versions,
    private readonly packages: Packages,
    private readonly events: Events,
  ) {}

  /** A move that is part of a publish. Undefined when the tag is there already. @throws tag-fixed, tag-guarded, and what the draft's own rule refuses */
  async publish(
    tx: Tx,
    ctx: RepositoryContext,
    at: { pkg: PackageRow; tag: DraftTag; version: VersionRow },
  ): Promise<MovedTag | undefined> {
    const holder = await this.tags.find(tx, at.pkg.id, at.tag.name);
    if (holder && (at.tag.when === 'if-absent' || holder.versionId === at.version.id)) return undefined;
    this.decide(ctx, { pkg: at.pkg, name: at.tag.name, holder, target: at.version.text });
    if (holder && at.tag.replace) {
      const verdict = at.tag.replace(holder);
      ctx.trace.add('policy', verdict.allow ? 'allowed' : 'refused', { rule: verdict.rule, tag: at.tag.name });
      if (!verdict.allow) throw refusedBy(verdict, { package: at.pkg.name, tag: at.tag.name, holder: holder.version });
      this.gate.authorize(ctx, 'overwrite', { package: at.pkg.name, tag: at.tag.name });
    }
    return this.move(tx, ctx, { pkg: at.pkg, name: at.tag.name, holder, version: at.version });
  }

  /** A move of its own: bumps the package and writes its event. */
  async explicit(
    tx: Tx,
    ctx: RepositoryContext,
    at: { pkg: PackageRow; tag: string; versionText: string },
  ): Promise<TagRow> {
    const version = await this.versions.find(tx, at.pkg.id, at.versionText);
    if (!version || version.removedAt) {
      throw new LarderError(
        'not-found',
        nothingThere({ package: `${at.pkg.name} ${at.versionText}` }, ctx.repository.name),
      );
    }
    const holder = await this.tags.find(tx, at.pkg.id, at.tag);
    if (holder?.versionId === version.id) return holder;
    this.decide(ctx, { pkg: at.pkg, name: at.tag, holder, target: version.text });
    const moved = await this.move(tx, ctx, { pkg: at.pkg, name: at.tag, holder, version });
    await this.conclude(tx, ctx, at.pkg, moved);
    return (await this.tags.find(tx, at.pkg.id, at.tag))!;
  }

  async remove(tx: Tx, ctx: RepositoryContext, at: { pkg: PackageRow; tag: string }): Promise<void> {
    const holder = await this.tags.find(tx, at.pkg.id, at.tag);
    if (!holder)
      throw new LarderError('not-found', nothingThere({ package: `${at.pkg.name} ${at.tag}` }, ctx.repository.name));
    this.decide(ctx, { pkg: at.pkg, name: at.tag, holder, target: undefined });
    await this.tags.end(tx, [holder.id]);
    await this.conclude(tx, ctx, at.pkg, { tag: at.tag, from: holder.version, to: null });
  }

  /** Ends the tags of versions that go. A fixed tag keeps its version. @throws tag-fixed, tag-guarded */
  async endOf(
    tx: Tx,
    ctx: RepositoryContext,
    at: { pkg: PackageRow; versions: readonly VersionRow[] },
  ): Promise<MovedTag[]> {
    const tags = await this.tags.pointingAt(
      tx,
      at.versions.map(version => version.id),
    );
    for (const tag of tags) this.decide(ctx, { pkg: at.pkg, name: tag.name, holder: tag, target: undefined });
    await this.tags.end(
      tx,
      tags.map(tag => tag.id),
    );
    return tags.map(tag => ({ tag: tag.name, from: tag.version, to: null }));
  }

  private async move(
    tx: Tx,
    ctx: RepositoryContext,
    at: { pkg: PackageRow; name: string; holder: TagRow | undefined; version: VersionRow },
  ): Promise<MovedTag> {
    const { actor } = ctx;
    const by = { name: actor.principalName, id: actor.principalId, client: actor.client, requestId: actor.requestId };
    await this.tags.move(tx, at.pkg.id, at.name, { versionId: at.version.id, by });
    return { tag: at.name, from: at.holder?.version ?? null, to: at.version.text };
  }

  private async conclude(tx: Tx, ctx: RepositoryContext, pkg: PackageRow, move: MovedTag): Promise<void> {
    await this.packages.changed(tx, pkg, { files: 0, versions: 0 });
    const place = { repositoryId: ctx.repository.id, repository: ctx.repository.name, package: pkg.name };
    await this.events.record(tx, ctx.actor, tagEvent(place, move));
  }

  private decide(
    ctx: RepositoryContext,
    at: { pkg: PackageRow; name: string; holder: TagRow | undefined; target: string | undefined },
  ): void {
    const verdict = decideTagMove({
      rules: (ctx.repository.settings['tagRules'] as readonly TagRule[] | undefined) ?? [],
      package: at.pkg.name,
      tag: at.name,
      repository: ctx.repository.name,
      ...(at.holder ? { holder: at.holder.version } : {}),
      ...(at.target === undefined ? {} : { target: at.target }),
      mayManage: this.gate.allows(ctx, 'manage', { package: at.pkg.name, tag: at.name }),
    });
    ctx.trace.add('policy', verdict.allow ? 'allowed' : 'refused', { rule: verdict.rule, tag: at.name });
    if (!verdict.allow) throw refusedBy(verdict, { package: at.pkg.name, tag: at.name, holder: at.holder?.version });
  }
}

export function tagEvent(
  place: { repositoryId: string; repository: string; package: string },
  move: MovedTag,
): NewEvent {
  const action = move.to === null ? 'tag.remove' : move.from === null ? 'tag.set' : 'tag.move';
  return {
    ...place,
    action,
    tag: move.tag,
    before: move.from === null ? null : { version: move.from },
    after: move.to === null ? null : { version: move.to },
  };
}
