import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
// A value import: Nest reads the constructor's parameter types.
import { Failures, sendRefusal } from '#registry';
import { exchangeOf } from './api-call.js';
import { renderProblem } from './problem.js';

/** Answers every refusal and failure below `/api` with a problem document and keeps its steps as a decision. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly failures: Failures) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    if (response.headersSent) {
      // A cut answer must not look like a complete one.
      response.destroy();
      return;
    }
    const failure = this.failures.describe(request, thrown);
    const problem = renderProblem(failure, pathOf(exchangeOf(request).url));
    this.failures.remember(request, failure, problem.status);
    const headers: Record<string, string> = {
      'Content-Type': 'application/problem+json',
      Vary: 'Authorization, Accept',
    };
    // Never Basic: a browser would ask for a password and keep sending it.
    if (problem.status === 401) headers['WWW-Authenticate'] = 'Bearer realm="Larder"';
    sendRefusal(request, response, failure, { status: problem.status, headers, body: JSON.stringify(problem) });
  }
}

function pathOf(url: string): string {
  return url.split('?')[0]!;
}
