import { Controller, Delete, Get, Put, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { preferredMediaType, sendBytes, sendEmpty, sendJson } from '#http';
import { Action, Contents, Ctx, Files, mountOf, type RepositoryContext } from '#registry';
import { makeListing, renderListingHtml } from './listing.js';
import type { RawPath } from './paths.js';
import { RawService } from './raw.service.js';
import type { ListingParams } from './route.js';

@Controller(mountOf('raw'))
export class RawController {
  constructor(
    private readonly raw: RawService,
    private readonly files: Files,
    private readonly contents: Contents,
  ) {}

  @Get('file')
  @Action('read')
  async file(@Ctx() ctx: RepositoryContext<RawPath>, @Req() req: Request, @Res() res: Response): Promise<void> {
    const file = await this.raw.find(ctx);
    const permanent = ctx.params.digest !== undefined;
    await this.files.send(ctx, req, res, file, {
      ...(permanent ? {} : { cacheControl: 'no-cache' }),
      headers: {
        'X-Checksum-Sha256': file.checksums.sha256!,
        'Repr-Digest': `sha-256=:${Buffer.from(file.checksums.sha256!, 'hex').toString('base64')}:`,
      },
      attachment: ctx.params.path.slice(ctx.params.path.lastIndexOf('/') + 1),
    });
  }

  @Put('upload')
  @Action('publish')
  async upload(@Ctx() ctx: RepositoryContext<RawPath>, @Req() req: Request, @Res() res: Response): Promise<void> {
    const released = await this.raw.publish(ctx, req);
    const [file] = released.files;
    const location = `${ctx.baseUrl}/${ctx.params.path.split('/').map(encodeURIComponent).join('/')}`;
    sendEmpty(res, released.changed ? 201 : 200, {
      Location: location,
      ETag: `"${file!.digest}"`,
      'X-Checksum-Sha256': file!.checksums.sha256!,
    });
  }

  @Delete('remove')
  @Action('delete')
  async remove(@Ctx() ctx: RepositoryContext<RawPath>, @Res() res: Response): Promise<void> {
    await this.raw.remove(ctx);
    sendEmpty(res, 204);
  }

  @Get('listing')
  @Action('read')
  async listing(
    @Ctx() ctx: RepositoryContext<ListingParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    const { prefix, after, limit } = ctx.params;
    const rows = await this.contents.packages(ctx, {
      prefix,
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    });
    const listing = makeListing(prefix, rows.slice(0, limit), rows.length > limit);
    const headers = {
      'Cache-Control': 'no-cache',
      Vary: 'Accept',
      'Content-Security-Policy': "sandbox; default-src 'none'",
    };
    if (preferredMediaType(req, ['application/json', 'text/html']) !== 'text/html')
      sendJson(req, res, 200, listing, headers);
    else
      sendBytes(req, res, {
        status: 200,
        body: renderListingHtml(listing),
        mediaType: 'text/html; charset=utf-8',
        headers,
      });
  }
}
