import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { Authenticator, Authorizer } from '#access';
import { LarderError, type Action, type ContentAction } from '#kernel';
import { actionKey, type RequiredAction } from './action.js';
import { Exchange } from './exchange.js';
import { Gate } from './gate.js';

/**
 * Guards every route of the server with the action that its handler declares. Content requests come authenticated from the front; others are authenticated here, so
 * that their errors reach their controller's filter.
 */
@Injectable()
export class PipelineGuard implements CanActivate {
  private readonly actions = new Map<unknown, RequiredAction | undefined>();

  constructor(
    private readonly gate: Gate,
    private readonly authenticator: Authenticator,
    private readonly authorizer: Authorizer,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const handler = context.getHandler();
    const action = this.actionOf(handler);
    if (action === undefined) throw new Error(`${context.getClass().name}.${handler.name} declares no action`);
    const exchange = Exchange.of(context.switchToHttp().getRequest<Request>());
    if (!exchange) throw new Error('the request did not pass the front');
    if (exchange.formatIfAny) return this.admit(exchange, action);
    return this.authenticateAndAdmit(exchange, context.switchToHttp().getRequest<Request>(), action);
  }

  private async authenticateAndAdmit(exchange: Exchange, req: Request, action: RequiredAction): Promise<boolean> {
    exchange.principal = await this.authenticator.authenticate({
      authorization: req.headers.authorization,
      address: exchange.clientAddress,
    });
    exchange.trace.add('authenticate', exchange.principal.kind, { principal: exchange.principal.name });
    return this.admit(exchange, action);
  }

  private admit(exchange: Exchange, action: RequiredAction): boolean {
    if (action === 'public') return true;
    if (action === 'signed-in') {
      if (exchange.principal.kind === 'anonymous')
        throw new LarderError('unauthenticated', 'Sign in to use this; send an access token as bearer token.');
      return true;
    }
    if (exchange.repositoryIfAny) {
      this.gate.authorize(exchange, action as ContentAction);
      return true;
    }
    this.authorizeSystem(exchange, action);
    return true;
  }

  private authorizeSystem(exchange: Exchange, action: Action): void {
    const verdict = this.authorizer.authorize(exchange.principal, action, {});
    exchange.trace.add('authorize', verdict.allow ? 'allowed' : verdict.outcome, { action, rule: verdict.rule });
    if (verdict.allow) return;
    const code = verdict.outcome === 'unauthenticated' ? 'unauthenticated' : 'forbidden';
    throw new LarderError(code, verdict.reason, { rule: verdict.rule, details: { action } });
  }

  private actionOf(handler: unknown): RequiredAction | undefined {
    if (!this.actions.has(handler))
      this.actions.set(handler, Reflect.getMetadata(actionKey, handler as object) as RequiredAction | undefined);
    return this.actions.get(handler);
  }
}
