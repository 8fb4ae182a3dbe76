import type { Request, Response } from 'express';
import { Injectable } from '@nestjs/common';
import { sendBytes } from '#http';
import { LarderError } from '#kernel';
import { Files, type RepositoryContext } from '#registry';
import { Artifacts, type FoundFile } from './artifacts.js';
import { checksumHeaders } from './checksum-comparison.js';
import { isSnapshotVersion } from './coordinates.js';
import type { FileParams } from './route.js';
import { mavenSettings } from './settings.js';
import { UploadedChecksums } from './uploaded-checksums.js';

/** Sends stored files, and their checksums from the catalog without opening a file. */
@Injectable()
export class ArtifactSender {
  constructor(
    private readonly artifacts: Artifacts,
    private readonly files: Files,
    private readonly uploaded: UploadedChecksums,
  ) {}

  /** With the four checksums as headers: newer clients then do not ask for them. @throws not-found, quarantined, precondition-failed */
  async file(ctx: RepositoryContext<FileParams>, req: Request, res: Response): Promise<void> {
    const found = await this.artifacts.get(ctx);
    refuseWhenChanged(req, found.file.publishedAt);
    const headers = checksumHeaders(found.file.checksums);
    if (found.alias) headers['Content-Location'] = urlOf(ctx, found.file.path);
    await this.files.send(ctx, req, res, found.file, { cacheControl: cacheControl(ctx, found), headers });
  }

  /** Exactly the hex digits, without a newline: that is what every client reads. */
  async checksum(ctx: RepositoryContext<FileParams>, req: Request, res: Response): Promise<void> {
    const algorithm = ctx.params.checksum!;
    const found = await this.artifacts.get(ctx);
    const body = found.file.checksums[algorithm];
    if (body === undefined || this.isStillToCome(ctx, req, found)) {
      throw new LarderError('not-found', `${ctx.params.path}.${algorithm} is not in ${ctx.repository.name}.`);
    }
    const headers = { 'Cache-Control': cacheControl(ctx, found) };
    sendBytes(req, res, { status: 200, body, mediaType: 'text/plain; charset=utf-8', headers });
  }

  /**
   * Ivy without `overwrite` asks HEAD before each PUT, also of a checksum, and gives up when there is one. So to the publisher of an open
   * version a checksum is there only when it has uploaded it.
   */
  private isStillToCome(ctx: RepositoryContext<FileParams>, req: Request, found: FoundFile): boolean {
    const own = found.open && found.file.publisherId === ctx.principal.id;
    return req.method === 'HEAD' && own && !this.uploaded.isConfirmed(ctx, ctx.params.path, ctx.params.checksum!);
  }
}

/** Where clients find a path; fit for a header. */
export function urlOf(ctx: RepositoryContext, path: string): string {
  return `${ctx.baseUrl}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** Resolver resumes a download with `If-Unmodified-Since` and starts anew on 412. */
function refuseWhenChanged(req: Request, publishedAt: Date): void {
  const since = Date.parse(req.headers['if-unmodified-since'] ?? '');
  if (Math.floor(publishedAt.getTime() / 1000) * 1000 > since) {
    throw new LarderError('precondition-failed', 'The file has changed since; download it from the beginning.');
  }
}

/** A year for what cannot change any more; everything else is asked for again. */
function cacheControl(ctx: RepositoryContext<FileParams>, { artifact, alias, open }: FoundFile): string {
  // Plain files and literal -SNAPSHOT files are overwritten by nature.
  const movable = artifact === undefined || isSnapshotVersion(artifact.version);
  const changes = alias || open || movable || mavenSettings(ctx.repository.settings).overwritePolicy === 'always';
  if (changes) return 'no-cache';
  return `${ctx.principal.kind === 'anonymous' ? 'public' : 'private'}, max-age=31536000, immutable`;
}
