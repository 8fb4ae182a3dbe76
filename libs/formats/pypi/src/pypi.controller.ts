import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { LarderError } from '#kernel';
import { sendBytes, sendDocument, sendEmpty } from '#http';
import { Action, Contents, Ctx, Files, mountOf, type RepositoryContext, type SendFileOptions } from '#registry';
import { negotiate } from './negotiation.js';
import type { FileParams, IndexParams, JsonParams, ProjectParams, RedirectParams } from './route.js';
import { SimpleIndex } from './simple-index.js';
import { Upload } from './upload.js';

/** A file that was published a second ago must be installable: pages are kept by clients, but asked again each time. */
const pageOptions = { cacheControl: 'private, no-cache', vary: ['Accept'] };

@Controller(mountOf('pypi'))
export class PypiController {
  constructor(
    private readonly index: SimpleIndex,
    private readonly contents: Contents,
    private readonly files: Files,
    private readonly upload: Upload,
  ) {}

  @Get('root')
  @Action('read')
  async root(@Ctx() ctx: RepositoryContext<IndexParams>, @Req() req: Request, @Res() res: Response) {
    const representation = negotiate(req.headers.accept, ctx.params.format);
    sendDocument(req, res, await this.index.root(ctx, representation), pageOptions);
  }

  @Get('project')
  @Action('read')
  async project(@Ctx() ctx: RepositoryContext<ProjectParams>, @Req() req: Request, @Res() res: Response) {
    const representation = negotiate(req.headers.accept, ctx.params.format);
    sendDocument(req, res, await this.index.project(ctx, ctx.params.project, representation), pageOptions);
  }

  @Get('redirect')
  @Action('read')
  redirect(@Ctx() ctx: RepositoryContext<RedirectParams>, @Res() res: Response) {
    sendEmpty(res, 301, { Location: ctx.params.location });
  }

  @Get('file')
  @Action('read')
  async file(@Ctx() ctx: RepositoryContext<FileParams>, @Req() req: Request, @Res() res: Response) {
    const { project, path } = ctx.params;
    const file = await this.contents.file(ctx, project, path);
    if (!file) throw new LarderError('not-found', `There is no file ${ctx.target.file} in ${ctx.repository.name}.`);
    // The metadata beside a file is no download of the version.
    const row = path.endsWith('.metadata') ? { ...file, versionId: null } : file;
    await this.files.send(ctx, req, res, row, fileOptions(ctx));
  }

  @Get('json')
  @Action('read')
  async json(@Ctx() ctx: RepositoryContext<JsonParams>, @Req() req: Request, @Res() res: Response) {
    const document = await this.index.jsonApi(ctx, ctx.params.project, ctx.params.version);
    sendDocument(req, res, document, { cacheControl: 'private, no-cache' });
  }

  @Post('upload')
  @Action('publish')
  async receive(@Ctx() ctx: RepositoryContext, @Req() req: Request, @Res() res: Response) {
    await this.upload.receive(ctx, req);
    sendBytes(req, res, { status: 200, body: 'OK\n', mediaType: 'text/plain; charset=utf-8' });
  }
}

/** pip takes the file name out of the answer when there is one. Where files may be replaced, a URL may have other bytes tomorrow. */
function fileOptions({ target, repository }: RepositoryContext<FileParams>): SendFileOptions {
  const name = target.file === undefined ? {} : { attachment: target.file };
  return repository.settings['overwritePolicy'] === 'never' ? name : { ...name, cacheControl: 'private, no-cache' };
}
