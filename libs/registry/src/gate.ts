import { Injectable } from '@nestjs/common';
import { Authorizer } from '#access';
import { LarderError, type ContentAction } from '#kernel';
import type { RepositoryContext } from './context.js';
import type { Target } from './format.js';

/** Rights on content: the one place that asks the authorizer about a target and words the refusal. */
@Injectable()
export class Gate {
  constructor(private readonly authorizer: Authorizer) {}

  /** Waits until every change of rights committed before this call is known: before the second authorization of a long upload. */
  ready(): Promise<void> {
    return this.authorizer.ready();
  }

  /** @throws unauthenticated, not-found (must look like a missing thing), forbidden */
  authorize(ctx: RepositoryContext, action: ContentAction, target: Target = ctx.target): void {
    const verdict = this.authorizer.authorize(ctx.principal, action, this.subject(ctx, target));
    ctx.trace.add('authorize', verdict.allow ? 'allowed' : verdict.outcome, { action, rule: verdict.rule, ...target });
    if (verdict.allow) return;
    switch (verdict.outcome) {
      case 'unauthenticated':
        throw new LarderError('unauthenticated', verdict.reason, { rule: verdict.rule });
      case 'hidden':
        throw new LarderError('not-found', nothingThere(target, ctx.repository.name), { rule: verdict.rule });
      case 'forbidden':
        throw new LarderError('forbidden', verdict.reason, { rule: verdict.rule, details: { action } });
    }
  }

  allows(ctx: RepositoryContext, action: ContentAction, target: Target = ctx.target): boolean {
    return this.authorizer.authorize(ctx.principal, action, this.subject(ctx, target)).allow;
  }

  /** May the principal know that this repository exists? */
  canSee(ctx: RepositoryContext): boolean {
    return this.authorizer.canSee(ctx.principal, ctx.repository);
  }

  /** True when no name of the repository is hidden from the principal, so that a miss may be worded freely. */
  readsEverything(ctx: RepositoryContext): boolean {
    return this.authorizer.readableNames(ctx.principal, ctx.repository).all;
  }

  private subject(ctx: RepositoryContext, target: Target): Parameters<Authorizer['authorize']>[2] {
    const subject: { repository: RepositoryContext['repository']; package?: string; tag?: string } = {
      repository: ctx.repository,
    };
    if (target.package !== undefined) subject.package = target.package;
    if (target.tag !== undefined) subject.tag = target.tag;
    return subject;
  }
}

/** The one sentence for what is missing and for what must look missing. */
export function nothingThere(target: Target, repository: string): string {
  const what = target.file ?? (target.package === undefined ? 'This path' : target.package);
  return `${what} was not found in ${repository}, or you have no right to read it.`;
}
