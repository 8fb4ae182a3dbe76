import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { readBody } from '#http';
import { LarderError } from '#kernel';
import { Action, Ctx, mountOf, type RootContext } from '#registry';
import { answerJson } from './answer.js';
import { Catalog } from './catalog.js';
import type { PageParams, TokenParams } from './route.js';
import { Tokens } from './tokens.js';
import { nextPage } from './wire.js';

const maxFormBytes = 16 * 1024;

@Controller(mountOf('oci'))
export class BaseController {
  constructor(
    private readonly tokens: Tokens,
    private readonly catalog: Catalog,
  ) {}

  /**
   * Always a challenge without credentials, also where anonymous may read: dockerd takes its challenge from here alone, and after a 200 it would never send
   * credentials. An anonymous token passes.
   */
  @Get('base')
  @Action('public')
  base(@Ctx() ctx: RootContext, @Res() res: Response): void {
    requireCredentials(ctx);
    answerJson(res, {});
  }

  @Get('extensions')
  @Action('public')
  extensions(@Ctx() ctx: RootContext, @Res() res: Response): void {
    requireCredentials(ctx);
    answerJson(res, { extensions: [] });
  }

  @Get('token')
  @Action('public')
  async token(@Ctx() ctx: RootContext<TokenParams>, @Res() res: Response): Promise<void> {
    answerJson(res, await this.tokens.issue(ctx, ctx.principal, ctx.params.scopes), { 'Cache-Control': 'no-store' });
  }

  /** OAuth (RFC 6749 section 4.3), as containerd and helm ask first. */
  @Post('token')
  @Action('public')
  async grant(@Ctx() ctx: RootContext<TokenParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    const form = new URLSearchParams((await readBody(req, maxFormBytes)).toString());
    const principal = await this.tokens.passwordGrant(ctx, form);
    answerJson(res, await this.tokens.issue(ctx, principal, form.getAll('scope')), { 'Cache-Control': 'no-store' });
  }

  @Get('catalog')
  @Action('public')
  async list(@Ctx() ctx: RootContext<PageParams>, @Res() res: Response): Promise<void> {
    requireCredentials(ctx);
    const { names, more } = await this.catalog.page(ctx);
    const query = [
      ['n', String(ctx.params.limit)],
      ['last', names.at(-1) ?? ''],
    ] as const;
    answerJson(res, { repositories: names }, more ? nextPage('/v2/_catalog', query) : {});
  }
}

/** An anonymous token counts: its holder has been to the token service, and gets what everyone may do. */
function requireCredentials({ principal }: RootContext): void {
  if (principal.kind === 'anonymous' && principal.limits === null) {
    throw new LarderError(
      'unauthenticated',
      'Sign in with docker login, or fetch a token from the token service named in the challenge.',
    );
  }
}
