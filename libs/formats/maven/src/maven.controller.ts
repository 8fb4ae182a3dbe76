import type { Request, Response } from 'express';
import { Controller, Delete, Get, Options, Put, Req, Res } from '@nestjs/common';
import { readBody, sendEmpty } from '#http';
import { Action, Ctx, mountOf, type RepositoryContext } from '#registry';
import { Announcements } from './announcements.js';
import { ArtifactSender, urlOf } from './artifact-sender.js';
import { checksumHeaders } from './checksum-comparison.js';
import { checksumFileLimitBytes } from './checksum-text.js';
import { ChecksumUploads } from './checksum-uploads.js';
import { Deployments } from './deployments.js';
import { MetadataDocuments } from './metadata-documents.js';
import { metadataLimitBytes } from './metadata-upload.js';
import type { FileParams, MetadataParams } from './route.js';

@Controller(mountOf('maven'))
export class MavenController {
  constructor(
    private readonly sender: ArtifactSender,
    private readonly deployments: Deployments,
    private readonly checksums: ChecksumUploads,
    private readonly metadata: MetadataDocuments,
    private readonly announcements: Announcements,
  ) {}

  @Get('file')
  @Action('read')
  async file(@Ctx() ctx: RepositoryContext<FileParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    await this.sender.file(ctx, req, res);
  }

  @Put('file')
  @Action('publish')
  async deploy(@Ctx() ctx: RepositoryContext<FileParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    const { file, changed } = await this.deployments.deploy(ctx, req);
    const headers = {
      Location: urlOf(ctx, file.path),
      ETag: `"${file.digest}"`,
      ...checksumHeaders(file.checksums),
    };
    sendEmpty(res, changed ? 201 : 200, headers);
  }

  @Delete('file')
  @Action('delete')
  async remove(@Ctx() ctx: RepositoryContext<FileParams>, @Res() res: Response): Promise<void> {
    await this.deployments.remove(ctx);
    sendEmpty(res, 204);
  }

  @Get('checksum')
  @Action('read')
  async checksum(@Ctx() ctx: RepositoryContext<FileParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    await this.sender.checksum(ctx, req, res);
  }

  @Put('checksum')
  @Action('publish')
  async confirm(@Ctx() ctx: RepositoryContext<FileParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    await this.checksums.accept(ctx, req);
    sendEmpty(res, 201);
  }

  @Get('metadata')
  @Action('read')
  async document(
    @Ctx() ctx: RepositoryContext<MetadataParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.metadata.send(ctx, req, res);
  }

  /** Checksums of a client's document are not compared: they are of bytes that are dropped. */
  @Put('metadata')
  @Action('publish')
  async announce(
    @Ctx() ctx: RepositoryContext<MetadataParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    if (ctx.params.checksum === undefined) await this.announcements.accept(ctx, req);
    else await readBody(req, checksumFileLimitBytes);
    sendEmpty(res, 201);
  }

  /** Indexes and catalogues that mirroring tools upload: accepted, because refusing them would end the tool's run, and dropped. */
  @Put('auxiliary')
  @Action('publish')
  async drop(@Req() req: Request, @Res() res: Response): Promise<void> {
    await readBody(req, metadataLimitBytes);
    sendEmpty(res, 201);
  }

  /** Without a `DAV` header: it would make WebDAV clients try more methods. */
  @Options('options')
  @Action('read')
  options(@Ctx() ctx: RepositoryContext<{ allow: readonly string[] }>, @Res() res: Response): void {
    sendEmpty(res, 204, { Allow: ctx.params.allow.join(', ') });
  }
}
