import type { Request, Response } from 'express';
import { Controller, Delete, Get, Post, Put, Req, Res } from '@nestjs/common';
import { sendDocument, sendJson } from '#http';
import { Action, Ctx, Files, mountOf, type RepositoryContext } from '#registry';
import { PackageChanges } from './package-changes.js';
import { PackageReader } from './package-reader.js';
import { revisionOf } from './packument.js';
import { hasAttachments } from './publish-claim.js';
import { Publisher } from './publisher.js';
import type * as Params from './route.js';
import { freshness } from './freshness.js';
import { readTagBody } from './tag-body.js';

/** Packages: documents, tarballs, publishing and tags. The route parser has already told the paths apart. */
@Controller(mountOf('npm'))
export class NpmController {
  constructor(
    private readonly reader: PackageReader,
    private readonly publisher: Publisher,
    private readonly changes: PackageChanges,
    private readonly files: Files,
  ) {}

  @Get('root')
  @Action('read')
  root(@Ctx() ctx: RepositoryContext, @Req() req: Request, @Res() res: Response): void {
    sendJson(req, res, 200, { db_name: ctx.repository.name });
  }

  @Get('packument')
  @Action('read')
  async packument(
    @Ctx() ctx: RepositoryContext<Params.PackumentParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    const document = await this.reader.packument(ctx, ctx.params.form);
    sendDocument(req, res, document, ctx.params.forWriting ? { cacheControl: 'no-store' } : freshness(ctx));
  }

  @Get('version-document')
  @Action('read')
  async version(
    @Ctx() ctx: RepositoryContext<Params.VersionParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    sendDocument(req, res, await this.reader.version(ctx), freshness(ctx));
  }

  @Get('tarball')
  @Action('read')
  async tarball(
    @Ctx() ctx: RepositoryContext<Params.FileParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.files.send(ctx, req, res, await this.reader.tarball(ctx));
  }

  @Put('package')
  @Action('publish')
  async put(
    @Ctx() ctx: RepositoryContext<Params.PackageParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.publisher.receive(ctx, req, async received => {
      if (!hasAttachments(received.document)) {
        sendJson(req, res, 200, { ok: true, rev: await this.changes.deprecate(ctx, received.document) });
        return;
      }
      const { package: pkg, changed } = await this.publisher.publish(ctx, received);
      const answer = { ok: true, success: true, id: pkg.name, rev: revisionOf(pkg) };
      sendJson(req, res, changed ? 201 : 200, changed ? answer : { ...answer, alreadyPublished: true });
    });
  }

  @Put('package-revision')
  @Action('delete')
  async revise(
    @Ctx() ctx: RepositoryContext<Params.RevisionParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.publisher.receive(ctx, req, async ({ document }) => {
      sendJson(req, res, 200, { ok: true, rev: await this.changes.removeVersions(ctx, document) });
    });
  }

  @Delete('package')
  @Action('delete')
  async remove(
    @Ctx() ctx: RepositoryContext<Params.RevisionParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.changes.removePackage(ctx);
    sendJson(req, res, 200, { ok: true });
  }

  @Delete('tarball')
  @Action('delete')
  async removeTarball(
    @Ctx() ctx: RepositoryContext<Params.FileParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.changes.removeTarball(ctx);
    sendJson(req, res, 200, { ok: true });
  }

  @Get('dist-tags')
  @Action('read')
  async tags(
    @Ctx() ctx: RepositoryContext<Params.PackageParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    sendJson(req, res, 200, await this.reader.tags(ctx));
  }

  @Put('dist-tag')
  @Action('tag')
  async setTag(
    @Ctx() ctx: RepositoryContext<Params.TagParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.changes.setTag(ctx, await readTagBody(req));
    sendJson(req, res, 201, { ok: true, 'dist-tags': await this.reader.tags(ctx) });
  }

  @Post('dist-tag')
  @Action('tag')
  postTag(@Ctx() ctx: RepositoryContext<Params.TagParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    return this.setTag(ctx, req, res);
  }

  @Delete('dist-tag')
  @Action('tag')
  async removeTag(
    @Ctx() ctx: RepositoryContext<Params.TagParams>,
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    await this.changes.removeTag(ctx);
    sendJson(req, res, 200, { ok: true, 'dist-tags': await this.reader.tags(ctx) });
  }
}
