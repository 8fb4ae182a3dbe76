import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
// Value imports: Nest reads the constructor's parameter types.
import { anonymousPrincipal, Authenticator, Authorizer, type Principal } from '#access';
import { printable, type Actor } from '#audit';
import { Origins } from '#http';
import { LarderError, timeOrderedId, type SystemAction } from '#kernel';
import { Trace } from '#registry';
import { rememberCall } from './api-call.js';
import { operationKey, type Operation } from './operation.js';
import { readInput } from './read-input.js';

/** Who asks, may they, and is the input right: in this order, and the body is read last. */
@Injectable()
export class ApiGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly authorizer: Authorizer,
    private readonly origins: Origins,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const operation = this.reflector.get<Operation>(operationKey, context.getHandler());
    const trace = new Trace();
    const address = this.origins.clientAddress(request);
    const requestId = requestIdOf(request);
    rememberCall(request, { request, requestId, address, trace });
    trace.add('route', operation.id);
    const principal = await this.authenticate(operation, request, address);
    trace.add('authenticate', principal.id);
    rememberCall(request, { principal, actor: actorOf(principal, request, { requestId, address }) });
    this.authorize(operation, principal, trace);
    rememberCall(request, await readInput(operation, request));
    return true;
  }

  private authenticate(operation: Operation, request: Request, address: string): Promise<Principal> {
    if (operation.ignoresCredentials) return Promise.resolve(anonymousPrincipal);
    return this.authenticator.authenticate({ authorization: request.headers.authorization, address });
  }

  private authorize(operation: Operation, principal: Principal, trace: Trace): void {
    const { action } = operation;
    if (action === 'public') return;
    if (action === 'signed-in') {
      if (principal.kind === 'anonymous')
        throw new LarderError('unauthenticated', 'Sign in, or send an access token as Bearer.');
      return;
    }
    requireSystem(this.authorizer, principal, { action, trace });
  }
}

/** @throws unauthenticated, forbidden (with the missing action in the message) */
export function requireSystem(
  authorizer: Authorizer,
  principal: Principal,
  need: { action: SystemAction; trace: Trace },
): void {
  const verdict = authorizer.authorize(principal, need.action, {});
  need.trace.add('authorize', verdict.allow ? 'allow' : verdict.outcome, { action: need.action, rule: verdict.rule });
  if (verdict.allow) return;
  throw new LarderError(verdict.outcome === 'unauthenticated' ? 'unauthenticated' : 'forbidden', verdict.reason, {
    rule: verdict.rule,
  });
}

function actorOf(principal: Principal, request: Request, facts: { requestId: string; address: string }): Actor {
  const client = request.headers['user-agent'];
  return {
    principalId: principal.id,
    principalName: principal.name,
    tokenId: principal.limits?.tokenId ?? null,
    client: client === undefined ? null : printable(client, 200),
    sourceAddress: facts.address,
    requestId: facts.requestId,
  };
}

/** The id that the client or a proxy gave, when it is harmless, else a new one. */
function requestIdOf(request: Request): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : timeOrderedId();
}
