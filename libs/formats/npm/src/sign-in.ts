import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { isLarderError, LarderError } from '#kernel';
import { parseJson, readBody } from '#http';
import { Accounts, type RepositoryContext } from '#registry';
import { asObject, asText, type Json } from './manifest-fields.js';
import type { LoginParams, LogoutParams } from './route.js';

const maxLoginBytes = 16 * 1024;

/** `npm login --auth-type=legacy` and `npm logout` (guide, section 13). */
@Injectable()
export class SignIn {
  constructor(private readonly accounts: Accounts) {}

  /**
   * Exchanges a name and password for an access token of its own, which is listed and can be revoked like any other.
   * An unknown name and a wrong password are answered alike.
   * @throws invalid-credentials, rate-limited, invalid-request
   */
  async login(ctx: RepositoryContext<LoginParams>, req: IncomingMessage): Promise<string> {
    const body = asObject(parseJson(await readBody(req, maxLoginBytes), { uniqueKeys: true }) as Json) ?? {};
    const { user } = ctx.params;
    const password = asText(body.password);
    if (body.name !== user || password === undefined) {
      throw new LarderError('invalid-request', 'The body must have the name of the URL and a password.');
    }
    try {
      const principal = await this.accounts.verifyPassword(user, password, ctx.actor.sourceAddress ?? '');
      const name = `npm login ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`;
      return (await this.accounts.issueToken(principal, { name, kind: 'npm-login', client: ctx.actor.client })).token;
    } catch (error) {
      if (!isLarderError(error, 'invalid-credentials')) throw error;
      throw new LarderError('invalid-credentials', 'Incorrect username or password.', { cause: error });
    }
  }

  /** Ends a token of the one who asks. @throws not-found */
  async logout(ctx: RepositoryContext<LogoutParams>): Promise<void> {
    if (!(await this.accounts.revokeToken(ctx.principal, ctx.params.token))) {
      throw new LarderError('not-found', 'You have no such token.');
    }
  }
}
