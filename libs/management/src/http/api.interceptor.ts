import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { from, mergeMap, type Observable } from 'rxjs';
import { beginCall, exchangeOf } from './api-call.js';
import { operationKey, type Operation } from './operation.js';
import { readInput } from './read-input.js';
import { sendAnswer } from './send-answer.js';

/** Around each handler: its input is read and checked, after the guard has said who asks and may; what it gives is written. */
@Injectable()
export class ApiInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<void> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const operation = this.reflector.get<Operation>(operationKey, context.getHandler());
    exchangeOf(request).trace.add('route', operation.id);
    return from(readInput(operation, request).then(input => beginCall(operation, request, input))).pipe(
      mergeMap(() => next.handle()),
      mergeMap(value => sendAnswer(operation, http.getResponse<Response>(), { request, result: value })),
    );
  }
}
