import { SetMetadata } from '@nestjs/common';
import type { Action as RightAction } from '#kernel';

/** What a route needs: an action that grants can give, `signed-in` for any accepted credentials, or `public` for nothing at all. */
export type RequiredAction = RightAction | 'signed-in' | 'public';

export const actionKey = 'larder:action';

/** Declares what a route needs. A route without it stops the server at start (`requireActions`). */
export const Action = (action: RequiredAction): MethodDecorator => SetMetadata(actionKey, action);
