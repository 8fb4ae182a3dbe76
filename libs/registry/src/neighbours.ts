import { Injectable } from '@nestjs/common';
import { Authorizer, type Principal } from '#access';
import { Repositories, type RepositoryRow } from '#catalog';
import type { RepositoryContext, RootContext } from './context.js';
import type { Target } from './format.js';

/**
 * Other repositories of the request's format, for the few requests that span several: a mount, a token for several images, a catalog. Each comes as a context
 * of the same request, to be given to the gate before anything is read of it.
 */
@Injectable()
export class Neighbours {
  constructor(
    private readonly repositories: Repositories,
    private readonly authorizer: Authorizer,
  ) {}

  /** Undefined when there is no such repository of this format. No right has been checked yet: ask the gate about the target. */
  async find(
    ctx: RootContext,
    name: string,
    as: { principal?: Principal; target: Target },
  ): Promise<RepositoryContext | undefined> {
    const repository = await this.repositories.find(name);
    if (repository?.format !== ctx.format.name) return undefined;
    return contextOf(ctx, repository, { principal: ctx.principal, ...as });
  }

  /** Those of which the principal may know, by name. */
  async list(ctx: RootContext, principal: Principal = ctx.principal): Promise<RepositoryContext[]> {
    const found = (await this.repositories.list()).filter(
      repository => repository.format === ctx.format.name && this.authorizer.canSee(principal, repository),
    );
    return found.map(repository => contextOf(ctx, repository, { principal, target: {} }));
  }
}

function contextOf(
  ctx: RootContext,
  repository: RepositoryRow,
  as: { principal: Principal; target: Target },
): RepositoryContext {
  return {
    repository,
    format: ctx.format,
    target: as.target,
    params: undefined,
    principal: as.principal,
    actor: ctx.actor,
    origin: ctx.origin,
    baseUrl: `${ctx.origin}${ctx.format.mount?.prefix ?? '/repository'}/${repository.name}`,
    trace: ctx.trace,
    requestId: ctx.requestId,
    get signal() {
      return ctx.signal;
    },
  };
}
