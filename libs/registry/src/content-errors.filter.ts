import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Failures } from './failures.js';

/** Everything that a content route throws, the guard's refusals included, is answered in the words of its format. */
@Catch()
export class ContentErrorsFilter implements ExceptionFilter {
  constructor(private readonly failures: Failures) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.failures.answer(http.getRequest<Request>(), http.getResponse<Response>(), thrown);
  }
}
