import { Inject, Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import type { BlobSink, StagedBlob, StageOptions, StoredBlob } from '#blob';
import type { PackageRow, TagRow, VersionState } from '#catalog';
import { Database, type Tx } from '#database';
import { faultPoint, LarderError } from '#kernel';
import type { RepositoryContext } from './context.js';
import type { Draft, Released } from './draft.js';
import { Gate, nothingThere } from './gate.js';
import { Removal } from './publishing/removal.js';
import { ReleaseSteps } from './publishing/release-steps.js';
import { TagMoves } from './publishing/tag-moves.js';
import { blobSinkToken } from './tokens.js';

/**
 * Everything that changes content goes through here: bytes first, then one short transaction that authorizes again, locks the package and appends its event.
 * A failure before the commit undoes nothing: unreferenced bytes are the collector's.
 */
@Injectable()
export class Publishing {
  constructor(
    @Inject(blobSinkToken) private readonly blobs: BlobSink,
    private readonly database: Database,
    private readonly gate: Gate,
    private readonly steps: ReleaseSteps,
    private readonly tagMoves: TagMoves,
    private readonly removal: Removal,
  ) {}

  /** Streams a body into the staging folder, hashing on the way. @throws too-large, digest-mismatch, size-mismatch, storage-full */
  stage(ctx: RepositoryContext, source: Readable | AsyncIterable<Buffer>, options: StageOptions): Promise<StagedBlob> {
    return this.blobs.stage(source, { signal: ctx.signal, ...options });
  }

  store(staged: StagedBlob): Promise<StoredBlob> {
    return this.blobs.store(staged);
  }

  discard(staged: StagedBlob): Promise<void> {
    return this.blobs.discard(staged);
  }

  /**
   * Adds what the draft describes, in one transaction. An identical repetition (same coordinate, same bytes) succeeds with `changed: false`, whoever repeats it,
   * because clients repeat a publish whose answer was lost.
   * @throws version-exists, version-removed, tag-fixed, tag-guarded, policy-denied, unknown-reference, conflict, and what the gate throws
   */
  async release(ctx: RepositoryContext, draft: Draft): Promise<Released> {
    faultPoint('publish.before-transaction');
    await this.gate.ready();
    const released = await this.database.transaction(async tx => {
      await this.steps.authorize(tx, ctx, draft);
      const pkg = await this.steps.lockPackage(tx, ctx, draft);
      const version = await this.steps.addVersion(tx, ctx, { draft, pkg });
      const files = await this.steps.addFiles(tx, ctx, { draft, pkg, version });
      await this.steps.addReferences(tx, { draft, pkg, version });
      const moved = await this.steps.moveTags(tx, ctx, { draft, pkg, version });
      const done = await this.steps.conclude(tx, ctx, { draft, pkg, version, files, moved });
      faultPoint('publish.before-commit');
      return done;
    });
    faultPoint('publish.after-commit');
    ctx.trace.add('publish', released.changed ? 'published' : 'repeated', {
      package: draft.package,
      version: draft.version?.text,
    });
    return released;
  }

  /** Points a tag at a living version. Where it points already nothing happens. @throws not-found, tag-fixed, tag-guarded, and what the gate throws */
  moveTag(ctx: RepositoryContext, packageName: string, tag: string, versionText: string): Promise<TagRow> {
    return this.change(ctx, packageName, (tx, pkg) => {
      this.gate.authorize(ctx, 'tag', { package: packageName, tag });
      return this.tagMoves.explicit(tx, ctx, { pkg, tag, versionText });
    });
  }

  /** @throws not-found when there is no such tag, tag-fixed, tag-guarded */
  removeTag(ctx: RepositoryContext, packageName: string, tag: string): Promise<void> {
    return this.change(ctx, packageName, (tx, pkg) => {
      this.gate.authorize(ctx, 'tag', { package: packageName, tag });
      return this.tagMoves.remove(tx, ctx, { pkg, tag });
    });
  }

  /** Leaves a tombstone: the coordinate stays taken, the bytes stay until the collector. @throws not-found, tag-fixed, conflict while another version needs it */
  removeVersion(ctx: RepositoryContext, packageName: string, versionText: string): Promise<void> {
    return this.change(ctx, packageName, (tx, pkg) => {
      this.gate.authorize(ctx, 'delete', { package: packageName, version: versionText });
      return this.removal.version(tx, ctx, { pkg, versionText });
    });
  }

  /** Removes every version and file of the package. @throws not-found, tag-fixed */
  removePackage(ctx: RepositoryContext, packageName: string): Promise<void> {
    return this.change(ctx, packageName, (tx, pkg) => {
      this.gate.authorize(ctx, 'delete', { package: packageName });
      return this.removal.package(tx, ctx, pkg);
    });
  }

  /** Removes one file; a version whose last file goes is removed with it. @throws not-found, tag-fixed, conflict while a version needs its bytes */
  removeFile(ctx: RepositoryContext, packageName: string, path: string): Promise<void> {
    return this.change(ctx, packageName, (tx, pkg) => {
      this.gate.authorize(ctx, 'delete', { package: packageName, file: path });
      return this.removal.file(tx, ctx, { pkg, path });
    });
  }

  /** Sets (with a reason, which may be empty) or clears (null) a state of a version. Quarantine needs `manage`, the others `publish`. */
  setState(
    ctx: RepositoryContext,
    packageName: string,
    change: { version: string; state: VersionState; reason: string | null },
  ): Promise<void> {
    return this.change(ctx, packageName, (tx, pkg) => {
      this.gate.authorize(ctx, change.state === 'quarantined' ? 'manage' : 'publish', {
        package: packageName,
        version: change.version,
      });
      return this.steps.setState(tx, ctx, { pkg, ...change });
    });
  }

  /** Closes open versions: from now on their files are immutable. Unknown and sealed ones are passed over. */
  seal(ctx: RepositoryContext, packageName: string, versionTexts: readonly string[]): Promise<void> {
    return this.change(ctx, packageName, (tx, pkg) => this.steps.seal(tx, ctx, { pkg, versionTexts }));
  }

  /** Merges into the package's metadata; top-level keys replace. */
  setPackageMetadata(
    ctx: RepositoryContext,
    packageName: string,
    metadata: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    return this.change(ctx, packageName, async (tx, pkg) => {
      this.gate.authorize(ctx, 'publish', { package: packageName });
      await this.steps.setMetadata(tx, ctx, { pkg, metadata });
    });
  }

  private async change<T>(
    ctx: RepositoryContext,
    packageName: string,
    work: (tx: Tx, pkg: PackageRow) => Promise<T>,
  ): Promise<T> {
    await this.gate.ready();
    const changed = await this.database.transaction(async tx => {
      const pkg = await this.steps.lockPresent(tx, ctx, packageName);
      if (!pkg) throw new LarderError('not-found', nothingThere({ package: packageName }, ctx.repository.name));
      const result = await work(tx, pkg);
      faultPoint('change.before-commit');
      return result;
    });
    faultPoint('change.after-commit');
    return changed;
  }
}
