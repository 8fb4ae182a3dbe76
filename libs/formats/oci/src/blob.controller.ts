import { Controller, Delete, Get, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Action, Ctx, Files, mountOf, type RepositoryContext } from '#registry';
import { answer } from './answer.js';
import { BlobLinks } from './blob-links.js';
import { blobUnknown } from './oci-error.js';
import { Removals } from './removals.js';
import type { BlobParams } from './route.js';
import { commonHeaders } from './wire.js';

const immutable = 'private, max-age=31536000, immutable';

@Controller(mountOf('oci'))
export class BlobController {
  constructor(
    private readonly links: BlobLinks,
    private readonly files: Files,
    private readonly removals: Removals,
  ) {}

  /** Ranges, conditions and HEAD are the engine's. Never compressed: the digest is of the bytes as they are. */
  @Get('blob')
  @Action('read')
  async get(@Ctx() ctx: RepositoryContext<BlobParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    const { image, digest } = ctx.params;
    const file = await this.links.find(ctx, image, digest);
    // After a 200 to HEAD a client leaves out the upload, so the bytes must be there; a range is ignored, the answer describes the whole blob.
    if (!file || (req.method === 'HEAD' && !(await this.files.isPresent(file)))) throw blobUnknown(image, digest.text);
    if (req.method === 'HEAD') delete req.headers.range;
    const headers = { ...commonHeaders, 'Docker-Content-Digest': digest.text };
    await this.files.send(ctx, req, res, file, { cacheControl: immutable, headers });
  }

  @Delete('blob')
  @Action('delete')
  async remove(@Ctx() ctx: RepositoryContext<BlobParams>, @Res() res: Response): Promise<void> {
    await this.removals.removeBlob(ctx, ctx.params.image, ctx.params.digest);
    answer(res, 202);
  }
}
