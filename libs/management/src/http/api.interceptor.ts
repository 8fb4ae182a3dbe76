import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { from, mergeMap, type Observable } from 'rxjs';
import { operationKey, type Operation } from './operation.js';
import { sendAnswer } from './send-answer.js';

/** Writes what a handler gives. */
@Injectable()
export class ApiInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<void> {
    const http = context.switchToHttp();
    const operation = this.reflector.get<Operation>(operationKey, context.getHandler());
    return next
      .handle()
      .pipe(
        mergeMap(value => from(sendAnswer(operation, http.getRequest<Request>(), http.getResponse<Response>(), value))),
      );
  }
}
