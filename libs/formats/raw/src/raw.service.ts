import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { announcedSize, matchesEtag, refuseAnnouncedSize } from '#http';
import { LarderError } from '#kernel';
import {
  Contents,
  decideOverwrite,
  nothingThere,
  Publishing,
  type FileRow,
  type OverwritePolicy,
  type Released,
  type RepositoryContext,
  type StagedBlob,
  type TagRow,
} from '#registry';
import { announcedChecksums } from './announced.js';
import { mediaTypeOf } from './media-type.js';
import { permanentPath, type RawPath } from './paths.js';

/** The tag under which a path is read. Publishing moves it, so the history of a path is the history of this tag. */
export const currentTag = 'current';

/**
 * Files under paths. A path is a package, its contents are versions named by their digest, and the tag `current` says which of them the path shows: a digest is a fact, a path
 * is an opinion.
 */
@Injectable()
export class RawService {
  constructor(
    private readonly contents: Contents,
    private readonly publishing: Publishing,
  ) {}

  /** @throws not-found */
  async find(ctx: RepositoryContext<RawPath>): Promise<FileRow> {
    const { path, digest } = ctx.params;
    const wanted = digest ?? (await this.currentDigest(ctx, path));
    const file = wanted && (await this.contents.file(ctx, path, permanentPath(path, wanted)));
    if (!file) throw new LarderError('not-found', nothingThere(ctx.target, ctx.repository.name));
    return file;
  }

  async publish(ctx: RepositoryContext<RawPath>, req: Request): Promise<Released> {
    await this.checkPreconditions(ctx, req);
    await this.refuseNameClash(ctx);
    const staged = await this.receive(ctx, req);
    const blob = await this.publishing.store(staged);
    const { path } = ctx.params;
    return this.publishing.release(ctx, {
      package: path,
      version: { text: blob.digest, metadata: { sizeBytes: blob.sizeBytes }, whenPresent: 'join', whenRemoved: 'revive' },
      files: [{ path: permanentPath(path, blob.digest), blob, mediaType: mediaTypeOf(path, req.headers['content-type']) }],
      tags: [{ name: currentTag, replace: present => overwrite(ctx, path, present) }],
    });
  }

  async remove(ctx: RepositoryContext<RawPath>): Promise<void> {
    await this.publishing.removePackage(ctx, ctx.params.path);
  }

  private currentDigest(ctx: RepositoryContext, path: string): Promise<string | undefined> {
    return this.contents.cached(ctx, path, 'current', async () => {
      const pkg = await this.contents.package(ctx, path);
      return pkg && (await this.contents.tag(pkg, currentTag))?.version;
    });
  }

  private receive(ctx: RepositoryContext<RawPath>, req: Request): Promise<StagedBlob> {
    const limitBytes = (ctx.repository.settings['maxFileBytes'] as number | undefined) ?? Infinity;
    refuseAnnouncedSize(req, limitBytes);
    const sizeBytes = announcedSize(req);
    const checksums = announcedChecksums(req.headers);
    return this.publishing.stage(ctx, req, {
      algorithms: ['sha1', 'md5', 'sha512'],
      limitBytes,
      expected: { checksums, ...(sizeBytes === undefined ? {} : { sizeBytes }) },
    });
  }

  /** `If-None-Match: *` creates only, `If-Match` replaces only what the client has seen (RFC 9110 section 13.1). */
  private async checkPreconditions(ctx: RepositoryContext<RawPath>, req: Request): Promise<void> {
    const ifNoneMatch = req.headers['if-none-match'];
    const ifMatch = req.headers['if-match'];
    if (ifNoneMatch === undefined && ifMatch === undefined) return;
    const digest = await this.currentDigest(ctx, ctx.params.path);
    const etag = digest && `"${digest}"`;
    const exists = etag !== undefined && ifNoneMatch !== undefined && matchesEtag(ifNoneMatch, etag);
    const changed = ifMatch !== undefined && (etag === undefined || !matchesEtag(ifMatch, etag));
    if (exists || changed) throw new LarderError('precondition-failed', `${ctx.params.path} ${exists ? 'exists already' : 'has changed or does not exist'}.`);
  }

  /** A file and a directory cannot share a name: no listing could show both. */
  private async refuseNameClash(ctx: RepositoryContext<RawPath>): Promise<void> {
    const { path } = ctx.params;
    const below = await this.contents.packages(ctx, { limit: 1, prefix: `${path}/` });
    if (below.length > 0) throw new LarderError('conflict', `${path} is a directory; choose another name.`);
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      if (await this.contents.package(ctx, parent)) throw new LarderError('conflict', `${parent} is a file, so nothing can be stored below it.`);
    }
  }
}

function overwrite(ctx: RepositoryContext, path: string, _present: TagRow): ReturnType<typeof decideOverwrite> {
  const policy = ctx.repository.settings['overwritePolicy'] as OverwritePolicy;
  return decideOverwrite(policy, { isSnapshot: false, what: path, repository: ctx.repository.name });
}
