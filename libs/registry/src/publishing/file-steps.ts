import { Injectable } from '@nestjs/common';
import { FileRows, violates, type FileRow, type VersionRow } from '#catalog';
import type { Tx } from '#database';
import { LarderError } from '#kernel';
import type { RepositoryContext } from '../context.js';
import type { Draft, DraftFile } from '../draft.js';
import { Gate } from '../gate.js';
import { decideByOverwritePolicy, refusedBy } from './refused-by.js';
import type { AddedFile, AddedVersion, AtPackage } from './release-parts.js';

/** The files of a release: each is there already, is new, or replaces one that may be replaced. */
@Injectable()
export class FileSteps {
  constructor(
    private readonly gate: Gate,
    private readonly rows: FileRows,
  ) {}

  /** Files with the bytes that are there already stay as they are; other bytes are decided by the file's own rule or the overwrite policy. */
  async add(
    tx: Tx,
    ctx: RepositoryContext,
    at: AtPackage & { version: AddedVersion | undefined },
  ): Promise<AddedFile[]> {
    const added: AddedFile[] = [];
    // In the order of paths: two publishes that share paths wait for each other instead of deadlocking.
    const ordered = at.draft.files
      .map((file, position) => ({ file, position }))
      .sort((a, b) => (a.file.path < b.file.path ? -1 : 1));
    for (const { file, position } of ordered) added[position] = await this.addOne(tx, ctx, { ...at, file });
    return added;
  }

  /** True when the version has all files of the draft, with the same bytes. */
  async areIn(tx: Tx, version: VersionRow, draft: Draft): Promise<boolean> {
    const files = await this.rows.livingOfVersions(tx, [version.id]);
    return draft.files.every(file =>
      files.some(there => there.path === file.path && there.digest === file.blob.digest),
    );
  }

  /** @throws unknown-reference when the package has lost what the draft refers to */
  async requireReferenced(tx: Tx, { draft, pkg }: AtPackage): Promise<void> {
    const stored = (draft.references ?? []).flatMap(({ relation, digest, blobId }) =>
      blobId === undefined ? [] : [{ relation, digest, blobId }],
    );
    if (stored.length === 0) return;
    const linked = await this.rows.linkedBlobs(
      tx,
      pkg.id,
      stored.map(({ blobId }) => blobId),
    );
    const missing = stored
      .filter(({ blobId }) => !linked.has(blobId))
      .map(({ relation, digest }) => ({ relation, digest }));
    if (missing.length === 0) return;
    throw new LarderError(
      'unknown-reference',
      `${pkg.name} lost content that this publish refers to while it was running; publish that again first.`,
      {
        details: { missing },
      },
    );
  }

  private async addOne(
    tx: Tx,
    ctx: RepositoryContext,
    at: AtPackage & { version: AddedVersion | undefined; file: DraftFile },
  ): Promise<AddedFile> {
    const { file, pkg } = at;
    const present = await this.rows.findLiving(tx, ctx.repository.id, file.path);
    if (present && present.packageId === pkg.id && present.digest === file.blob.digest)
      return { row: present, isNew: false, replaced: undefined };
    if (present) await this.makeWay(tx, ctx, { ...at, present });
    try {
      const row = await this.rows.add(tx, {
        repositoryId: ctx.repository.id,
        packageId: pkg.id,
        versionId: at.version?.row.id ?? null,
        path: file.path,
        blobId: file.blob.id,
        digest: file.blob.digest,
        mediaType: file.mediaType,
        metadata: file.metadata ?? {},
        publishedBy: ctx.principal.name,
        publisherId: ctx.principal.id,
      });
      return { row, isNew: true, replaced: present };
    } catch (error) {
      if (!violates(error, 'file_path')) throw error;
      throw new LarderError(
        'conflict',
        `${file.path} was published at the same moment by somebody else; repeat the request.`,
        { retryAfterSeconds: 1 },
      );
    }
  }

  private async makeWay(
    tx: Tx,
    ctx: RepositoryContext,
    at: AtPackage & { version: AddedVersion | undefined; file: DraftFile; present: FileRow },
  ): Promise<void> {
    const { present, file } = at;
    if (present.packageId !== at.pkg.id)
      throw new LarderError('conflict', `${file.path} belongs to another package of ${ctx.repository.name}.`);
    const verdict = file.replace
      ? file.replace({ file: present, version: at.version?.row })
      : decideByOverwritePolicy(ctx, file.path);
    ctx.trace.add('policy', verdict.allow ? 'allowed' : 'refused', { rule: verdict.rule, path: file.path });
    if (!verdict.allow) throw refusedBy(verdict, { package: at.pkg.name, path: file.path, digest: present.digest });
    if (!verdict.rule.startsWith('open-version'))
      this.gate.authorize(ctx, 'overwrite', { package: at.pkg.name, file: file.path });
    await this.rows.remove(tx, [present.id], ctx.principal.name);
  }
}
