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
  type Verdict,
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
      version: {
        text: blob.digest,
        metadata: { sizeBytes: blob.sizeBytes },
        whenPresent: 'join',
        whenRemoved: 'revive',
      },
      files: [
        { path: permanentPath(path, blob.digest), blob, mediaType: mediaTypeOf(path, req.headers['content-type']) },
      ],
      tags: [{ name: currentTag, replace: present => decideReplacement(ctx, req, present) }],
    });
  }

  async remove(ctx: RepositoryContext<RawPath>): Promise<void> {
    await this.publishing.removePackage(ctx, ctx.params.path);
  }

  private currentDigest(ctx: RepositoryContext, path: string): Promise<string | undefined> {
    return this.contents.cached(ctx, { scope: path, key: 'current' }, async () => {
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

  /** Before the body is read, so that it need not be sent in vain; decided again in the transaction. */
  private async checkPreconditions(ctx: RepositoryContext<RawPath>, req: Request): Promise<void> {
    if (req.headers['if-none-match'] === undefined && req.headers['if-match'] === undefined) return;
    const problem = failedPrecondition(req, ctx.params.path, await this.currentDigest(ctx, ctx.params.path));
    if (problem !== undefined) throw new LarderError('precondition-failed', problem);
  }

  /** A file and a directory cannot share a name: no listing could show both. */
  private async refuseNameClash(ctx: RepositoryContext<RawPath>): Promise<void> {
    const { path } = ctx.params;
    const below = await this.contents.packages(ctx, { limit: 1, prefix: `${path}/` });
    if (below.length > 0) throw new LarderError('conflict', `${path} is a directory; choose another name.`);
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      if (await this.contents.package(ctx, parent))
        throw new LarderError('conflict', `${parent} is a file, so nothing can be stored below it.`);
    }
  }
}

function decideReplacement(ctx: RepositoryContext<RawPath>, req: Request, present: TagRow): Verdict {
  const { path } = ctx.params;
  const problem = failedPrecondition(req, path, present.version);
  if (problem !== undefined)
    return { allow: false, rule: 'precondition', code: 'precondition-failed', reason: problem };
  const policy = ctx.repository.settings['overwritePolicy'] as OverwritePolicy;
  return decideOverwrite(policy, { isSnapshot: false, what: path, repository: ctx.repository.name });
}

/** `If-None-Match: *` creates only, `If-Match` replaces only what the client has seen (RFC 9110 section 13.1). */
function failedPrecondition(req: Request, path: string, digest: string | undefined): string | undefined {
  const ifNoneMatch = req.headers['if-none-match'];
  const ifMatch = req.headers['if-match'];
  const etag = digest && `"${digest}"`;
  if (ifNoneMatch !== undefined && etag !== undefined && matchesEtag(ifNoneMatch, etag))
    return `${path} exists already.`;
  if (ifMatch !== undefined && (etag === undefined || !matchesEtag(ifMatch, etag)))
    return `${path} has changed or does not exist; read it again.`;
  return undefined;
}
