import {
  applyDecorators,
  Controller,
  createParamDecorator,
  RequestMapping,
  RequestMethod,
  Res,
  SetMetadata,
  UseFilters,
  UseInterceptors,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';
import { Action } from '#registry';
import { callOf } from './api-call.js';
import { ApiInterceptor } from './api.interceptor.js';
import { operationKey, type Operation } from './operation.js';
import { ProblemFilter } from './problem.filter.js';

/** A class with handlers of operations. The pipeline's guard stands before each of them; input, answer and errors are dealt with here. */
export function ApiController(): ClassDecorator {
  return applyDecorators(Controller('api/v1'), UseInterceptors(ApiInterceptor), UseFilters(ProblemFilter));
}

/** Makes a method the handler of an operation: its method, path and action come from the operation's value. */
export function Serves(operation: Operation): MethodDecorator {
  return (target, key, descriptor) => {
    applyDecorators(
      RequestMapping({ path: operation.path, method: RequestMethod[operation.method] }),
      SetMetadata(operationKey, operation),
      Action(operation.action),
    )(target, key, descriptor);
    // The interceptor writes the answer. Nest leaves it alone when a handler takes the response, so each handler takes one that it does not use.
    Res()(target, key, 1);
  };
}

/** The checked request; a handler's only parameter. */
export const Call = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callOf(context.switchToHttp().getRequest<Request>()),
);
