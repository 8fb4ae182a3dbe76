import type { Request } from 'express';
import { Injectable } from '@nestjs/common';
import { announcedSize, refuseAnnouncedSize } from '#http';
import { LarderError } from '#kernel';
import {
  Contents,
  Publishing,
  type Draft,
  type DraftFile,
  type DraftVersion,
  type FileRow,
  type RepositoryContext,
  type StagedBlob,
  type StoredBlob,
} from '#registry';
import { announcedChecksums, checksumDifference } from './checksum-comparison.js';
import { inspect, limitBytesOf } from './content-rules.js';
import { checksumAlgorithms, isSnapshotVersion, signatures, type Artifact } from './coordinates.js';
import { decideReplacement, type Replacement } from './lifecycle.js';
import { mediaTypeOf } from './media-type.js';
import { fileMetadata, packageMetadata } from './package-metadata.js';
import type { Pom } from './pom.js';
import { findMismatch } from './quarantine.js';
import type { FileParams } from './route.js';
import { refuseByPath } from './path-policy.js';
import { mavenSettings } from './settings.js';
import { UploadedChecksums } from './uploaded-checksums.js';

export interface Deployed {
  readonly file: FileRow;
  /** False for an identical repetition. */
  readonly changed: boolean;
}

/** Takes the files that clients deploy, one at a time, in any order. */
@Injectable()
export class Deployments {
  constructor(
    private readonly contents: Contents,
    private readonly publishing: Publishing,
    private readonly checksums: UploadedChecksums,
  ) {}

  /**
   * Stores one file: refuse by the path, receive, compare, look inside, store, release. Nothing is kept of a refused file. Repeating it with
   * the same bytes succeeds.
   * @throws invalid-request, invalid-version, too-large, digest-mismatch, invalid-package, conflict, version-exists
   */
  async deploy(ctx: RepositoryContext<FileParams>, req: Request): Promise<Deployed> {
    const { artifact } = ctx.params;
    refuseByPath(ctx);
    refuseAnnouncedSize(req, limitBytesOf(artifact));
    await this.refuseKnownDifference(ctx, req);
    const staged = await this.receive(ctx, req);
    const { blob, pom } = await this.keep(ctx, staged);
    const { draft, asked } = draftOf(ctx, blob, pom);
    const { files, changed } = await this.publishing.release(ctx, draft);
    // Deploying a file again, with other or the same bytes, is how its publisher answers a checksum mismatch.
    if (artifact && (asked.replacement || !changed)) await this.liftMismatch(ctx, artifact);
    return { file: files[0]!, changed };
  }

  /** Removes a file together with its signatures. @throws not-found */
  async remove(ctx: RepositoryContext<FileParams>): Promise<void> {
    const { package: name, path } = ctx.params;
    for (const candidate of [path, ...signatures.map(signature => `${path}.${signature}`)]) {
      const file = await this.contents.file(ctx, name, candidate);
      if (file) await this.publishing.removeFile(ctx, name, candidate);
      else if (candidate === path) throw new LarderError('not-found', `${path} is not in ${ctx.repository.name}.`);
    }
  }

  /**
   * When the headers already prove that other bytes come for a file that may not be replaced, the body is not asked for: Maven waits for
   * `100 Continue` and saves the whole upload. The transaction decides again.
   * @throws version-exists
   */
  private async refuseKnownDifference(ctx: RepositoryContext<FileParams>, req: Request): Promise<void> {
    const { artifact, package: name, path } = ctx.params;
    const file = artifact && (await this.contents.file(ctx, name, path));
    if (!file) return;
    const sizeBytes = announcedSize(req) ?? file.sizeBytes;
    const differs =
      sizeBytes !== file.sizeBytes || checksumDifference(path, announcedChecksums(req.headers), file.checksums);
    const pkg = differs ? await this.contents.package(ctx, name) : undefined;
    if (!pkg) return;
    const version = await this.contents.version(pkg, artifact.version);
    const verdict = decideReplacement({ ...questionOf(ctx, artifact), present: { file, version }, now: Date.now() });
    if (!verdict.allow)
      throw new LarderError(verdict.code, verdict.reason, { rule: verdict.rule, details: { package: name, path } });
  }

  /** Receives the bytes and compares them with what the client said of them. */
  private async receive(ctx: RepositoryContext<FileParams>, req: Request): Promise<StagedBlob> {
    const { artifact, path } = ctx.params;
    const sizeBytes = announcedSize(req);
    const staged = await this.publishing.stage(ctx, req, {
      algorithms: checksumAlgorithms,
      limitBytes: limitBytesOf(artifact),
      expected: sizeBytes === undefined ? {} : { sizeBytes },
    });
    const expected = { ...this.checksums.expectedFor(ctx, path), ...announcedChecksums(req.headers) };
    const difference = checksumDifference(path, expected, staged.checksums);
    if (difference === undefined) return staged;
    await this.publishing.discard(staged);
    throw new LarderError('digest-mismatch', difference);
  }

  /** Looks inside and makes the bytes durable; a refused file leaves nothing. */
  private async keep(
    ctx: RepositoryContext<FileParams>,
    staged: StagedBlob,
  ): Promise<{ blob: StoredBlob; pom: Pom | undefined }> {
    try {
      const pom = ctx.params.artifact && (await inspect(staged, ctx.params.artifact));
      return { blob: await this.publishing.store(staged), pom };
    } catch (error) {
      await this.publishing.discard(staged);
      throw error;
    }
  }

  private async liftMismatch(ctx: RepositoryContext<FileParams>, artifact: Artifact): Promise<void> {
    const { package: name, path } = ctx.params;
    const pkg = await this.contents.package(ctx, name);
    const version = pkg && (await this.contents.version(pkg, artifact.version));
    const mismatch = version && findMismatch(await this.contents.states(pkg), version.id, path);
    if (mismatch)
      await this.publishing.setState(ctx, name, { version: artifact.version, state: mismatch.state, reason: null });
  }
}

/** What the file changes in the catalog; `asked` tells afterwards whether other bytes had to make way for it. */
function draftOf(
  ctx: RepositoryContext<FileParams>,
  blob: StoredBlob,
  pom: Pom | undefined,
): { draft: Draft; asked: { replacement: boolean } } {
  const { path, artifact, package: name } = ctx.params;
  const mediaType = mediaTypeOf(path);
  const asked = { replacement: false };
  if (!artifact) return { draft: { package: name, files: [{ path, blob, mediaType }] }, asked };
  const question = questionOf(ctx, artifact);
  const replace: DraftFile['replace'] = present => {
    asked.replacement = true;
    return decideReplacement({ ...question, present, now: Date.now() });
  };
  const file: DraftFile = { path, blob, mediaType, metadata: fileMetadata(artifact, pom), replace };
  const described = pom && { packageMetadata: packageMetadata(pom, artifact) };
  return { draft: { package: name, ...described, version: draftVersion(artifact), files: [file] }, asked };
}

function questionOf(ctx: RepositoryContext, artifact: Artifact): Omit<Replacement, 'present' | 'now'> {
  const { overwritePolicy: policy } = mavenSettings(ctx.repository.settings);
  return { policy, repository: ctx.repository.name, artifact, principalId: ctx.principal.id };
}

function draftVersion(artifact: Artifact): DraftVersion {
  const { version, baseVersion, build } = artifact;
  return {
    text: version,
    metadata: build ? { baseVersion, timestamp: build.timestamp, buildNumber: build.number } : { baseVersion },
    whenPresent: 'join',
    whenRemoved: isSnapshotVersion(baseVersion) ? 'revive' : 'refuse',
    open: true,
  };
}
