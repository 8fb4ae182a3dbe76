import { All, Controller } from '@nestjs/common';
import { LarderError } from '#kernel';
import { Action } from './action.js';
import type { RepositoryContext } from './context.js';
import { Ctx } from './exchange.js';

/** Paths that no format has, and methods that a path does not take. They pass the guard like everything else. */
@Controller()
export class UnroutedController {
  @All(':mount/~unknown')
  @Action('read')
  unknown(@Ctx() ctx: RepositoryContext): never {
    throw new LarderError(
      'not-found',
      `There is nothing at this path of ${ctx.repository.name}; compare it with the client set-up of the repository.`,
    );
  }

  @All(':mount/~wrong-method')
  @Action('read')
  wrongMethod(@Ctx() ctx: RepositoryContext<readonly string[]>): never {
    throw new LarderError('method-not-allowed', `This path takes ${ctx.params.join(', ')} only.`, {
      allow: ctx.params,
    });
  }
}
