import {
  applyDecorators,
  Controller,
  createParamDecorator,
  RequestMapping,
  RequestMethod,
  Res,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';
import { callOf } from './api-call.js';
import { ApiGuard } from './api.guard.js';
import { ApiInterceptor } from './api.interceptor.js';
import { operationKey, type Operation } from './operation.js';
import { ProblemFilter } from './problem.filter.js';

/** A class with handlers of operations. All of them pass the same guard, sender and error filter. */
export function ApiController(): ClassDecorator {
  return applyDecorators(
    Controller('api/v1'),
    UseGuards(ApiGuard),
    UseInterceptors(ApiInterceptor),
    UseFilters(ProblemFilter),
  );
}

/** Makes a method the handler of an operation: its method, path and action come from the operation's value. */
export function Serves(operation: Operation): MethodDecorator {
  return (target, key, descriptor) => {
    applyDecorators(
      RequestMapping({ path: operation.path, method: RequestMethod[operation.method] }),
      SetMetadata(operationKey, operation),
    )(target, key, descriptor);
    // The interceptor writes the answer. Nest leaves it alone when a handler takes the response, so each handler takes one that it does not use.
    Res()(target, key, 1);
  };
}

/** The checked request; a handler's only parameter. */
export const Call = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callOf(context.switchToHttp().getRequest<Request>()),
);
