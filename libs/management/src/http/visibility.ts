import { Injectable } from '@nestjs/common';
// Value imports: Nest reads the constructor's parameter types.
import { Authorizer, type Principal, type ReadFilter } from '#access';
import { LarderError } from '#kernel';

/** What a caller may know of. */
@Injectable()
export class Visibility {
  constructor(private readonly authorizer: Authorizer) {}

  /** What the caller may read, for the `where` of every statement. */
  filter(principal: Principal): ReadFilter {
    return this.authorizer.readFilter(principal);
  }

  /** True for those who create and remove repositories: they know of all of them. */
  administersRepositories(principal: Principal): boolean {
    return this.authorizer.authorize(principal, 'system:repositories', {}).allow;
  }

  maySee(principal: Principal, repository: { readonly id: string; readonly name: string }): boolean {
    return this.administersRepositories(principal) || this.authorizer.canSee(principal, repository);
  }

  /** May the caller change the settings of the repository? `manage` must cover every name in it. */
  manages(principal: Principal, repository: { readonly id: string; readonly name: string }): boolean {
    return (
      this.administersRepositories(principal) || this.authorizer.authorize(principal, 'manage', { repository }).allow
    );
  }

  /** The one answer for what is missing and for what must look missing. Whoever could see more after signing in is asked to do so. */
  missing(principal: Principal, what: string): LarderError {
    if (principal.kind === 'anonymous' && !this.filter(principal).all) {
      return new LarderError('unauthenticated', `Sign in to see this ${what}.`);
    }
    return new LarderError('not-found', `There is no such ${what}, or you have no right to read it.`);
  }
}
