import { Controller, Delete, Get, Patch, Post, Put, Req, Res } from '@nestjs/common';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Request, Response } from 'express';
import { Action, Ctx, mountOf, type RepositoryContext, type UploadRow } from '#registry';
import { answer } from './answer.js';
import { BlobMounts } from './blob-mounts.js';
import { BlobUploads, hasBody } from './blob-uploads.js';
import type { ContentDigest } from './names.js';
import type { StartUploadParams, UploadParams } from './route.js';
import { imageUrl, uploadRange } from './wire.js';

@Controller(mountOf('oci'))
export class UploadsController {
  constructor(
    private readonly uploads: BlobUploads,
    private readonly mounts: BlobMounts,
  ) {}

  /** A mount or a whole blob ends here with 201; everything else is the start of an upload. */
  @Post('uploads')
  @Action('publish')
  async start(
    @Ctx() ctx: RepositoryContext<StartUploadParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    const { mount, digest } = ctx.params;
    if (mount && (await this.mounts.mount(ctx, mount))) return created(ctx, res, mount);
    if (!digest || (mount && !hasBody(req))) return answer(res, 202, progress(ctx, await this.uploads.start(ctx)));
    await this.uploads.pushWhole(ctx, digest, req);
    created(ctx, res, digest);
  }

  @Get('upload')
  @Action('publish')
  async status(@Ctx() ctx: RepositoryContext<UploadParams>, @Res() res: Response): Promise<void> {
    answer(res, 204, progress(ctx, await this.uploads.status(ctx)));
  }

  @Patch('upload')
  @Action('publish')
  async append(@Ctx() ctx: RepositoryContext<UploadParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    answer(res, 202, progress(ctx, await this.uploads.append(ctx, req)));
  }

  @Put('upload')
  @Action('publish')
  async commit(@Ctx() ctx: RepositoryContext<UploadParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    const digest = ctx.params.digest!;
    await this.uploads.commit(ctx, digest, req);
    created(ctx, res, digest);
  }

  /** Needs the right to push only: who may begin an upload may give it up. */
  @Delete('upload')
  @Action('publish')
  async cancel(@Ctx() ctx: RepositoryContext<UploadParams>, @Res() res: Response): Promise<void> {
    await this.uploads.cancel(ctx);
    answer(res, 204);
  }
}

/** The location is relative: every registry that writes absolute ones has trouble behind reverse proxies. */
function progress(ctx: RepositoryContext<{ image: string }>, upload: UploadRow): OutgoingHttpHeaders {
  return {
    Location: imageUrl(ctx, `blobs/uploads/${upload.id}`),
    'Docker-Upload-UUID': upload.id,
    Range: uploadRange(upload.offsetBytes),
  };
}

function created(ctx: RepositoryContext<{ image: string }>, res: Response, digest: ContentDigest): void {
  const location = imageUrl(ctx, `blobs/${digest.text}`);
  answer(res, 201, { Location: location, 'Docker-Content-Digest': digest.text });
}
