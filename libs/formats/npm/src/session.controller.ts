import type { Request, Response } from 'express';
import { Controller, Delete, Get, Put, Req, Res } from '@nestjs/common';
import { sendJson } from '#http';
import { Action, Ctx, mountOf, type RepositoryContext } from '#registry';
import type { LoginParams, LogoutParams } from './route.js';
import { SignIn } from './sign-in.js';

/** Who am I, and am I heard: ping, whoami, log-in and log-out. */
@Controller(mountOf('npm'))
export class SessionController {
  constructor(private readonly signIn: SignIn) {}

  @Get('ping')
  @Action('read')
  ping(@Req() req: Request, @Res() res: Response): void {
    sendJson(req, res, 200, {});
  }

  @Get('whoami')
  @Action('signed-in')
  whoami(@Ctx() ctx: RepositoryContext, @Req() req: Request, @Res() res: Response): void {
    sendJson(req, res, 200, { username: ctx.principal.name });
  }

  @Put('login')
  @Action('public')
  async login(@Ctx() ctx: RepositoryContext<LoginParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    const token = await this.signIn.login(ctx, req);
    sendJson(req, res, 201, { ok: true, id: `org.couchdb.user:${ctx.params.user}`, rev: '1-0', token });
  }

  @Delete('logout')
  @Action('signed-in')
  async logout(@Ctx() ctx: RepositoryContext<LogoutParams>, @Req() req: Request, @Res() res: Response): Promise<void> {
    await this.signIn.logout(ctx);
    sendJson(req, res, 200, { ok: true });
  }
}
