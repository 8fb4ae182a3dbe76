import { Controller, Delete, Get, Put, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { readBody } from '#http';
import { Action, Ctx, Files, mountOf, type RepositoryContext } from '#registry';
import { answer, answerBody } from './answer.js';
import { maxManifestBytes } from './manifest.js';
import { ManifestPushes } from './manifest-pushes.js';
import { ManifestReads } from './manifest-reads.js';
import { Removals } from './removals.js';
import type { ManifestParams } from './route.js';
import { imageUrl, matchesEtag, warningHeader } from './wire.js';

const byDigest = 'private, max-age=31536000, immutable';

@Controller(mountOf('oci'))
export class ManifestController {
  constructor(
    private readonly reads: ManifestReads,
    private readonly pushes: ManifestPushes,
    private readonly removals: Removals,
    private readonly files: Files,
  ) {}

  /** The bytes as pushed, whatever `Accept` says: a converted manifest has another digest. */
  @Get('manifest')
  @Action('read')
  async get(@Ctx() ctx: RepositoryContext<ManifestParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    const { image, reference } = ctx.params;
    const { body, digest, mediaType, versionId } = await this.reads.get(ctx, image, reference);
    const headers = {
      ETag: `"${digest}"`,
      'Docker-Content-Digest': digest,
      'Cache-Control': 'tag' in reference ? 'no-cache' : byDigest,
    };
    if (matchesEtag(req.headers['if-none-match'], digest)) return answer(res, 304, headers);
    answerBody(res, body, { ...headers, 'Content-Type': mediaType });
    if (req.method === 'GET' && versionId !== null) this.files.countDownload(versionId);
  }

  @Put('manifest')
  @Action('publish')
  async push(@Ctx() ctx: RepositoryContext<ManifestParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    const bytes = await readBody(req, maxManifestBytes);
    const { digest, subject, warnings } = await this.pushes.push(ctx, bytes, req.headers['content-type']);
    answer(res, 201, {
      Location: imageUrl(ctx, `manifests/${digest}`),
      'Docker-Content-Digest': digest,
      ...(subject !== undefined && { 'OCI-Subject': subject }),
      ...('digest' in ctx.params.reference && ctx.params.tags.length > 0 && { 'OCI-Tag': [...ctx.params.tags] }),
      ...warningHeader(warnings),
    });
  }

  @Delete('manifest')
  @Action('delete')
  async remove(@Ctx() ctx: RepositoryContext<ManifestParams>, @Res() res: Response): Promise<void> {
    await this.removals.removeManifest(ctx, ctx.params.image, ctx.params.reference);
    answer(res, 202);
  }
}
