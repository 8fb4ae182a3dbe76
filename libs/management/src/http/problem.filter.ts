import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
// A value import: Nest reads the constructor's parameter types.
import { Decisions } from '#audit';
import { LarderError, timeOrderedId } from '#kernel';
import { callOf } from './api-call.js';
import { renderProblem } from './problem.js';

/** Answers every refusal and failure below `/api` with a problem document and keeps its steps as a decision. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly decisions: Decisions) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const error = asLarderError(thrown);
    if (response.headersSent) {
      // A cut answer must not look like a complete one.
      response.destroy();
      return;
    }
    const decisionId = timeOrderedId();
    const problem = renderProblem({
      code: error.code,
      message: error.message,
      details: error.details,
      instance: request.originalUrl.split('?')[0]!,
      requestId: callOf(request).requestId ?? timeOrderedId(),
      decisionId,
    });
    this.remember(request, error, { decisionId, status: problem.status });
    writeProblem(request, response, { error, problem });
  }

  private remember(request: Request, error: LarderError, answer: { decisionId: string; status: number }): void {
    const { principal, trace } = callOf(request);
    this.decisions.add({
      id: answer.decisionId,
      at: new Date(),
      principalId: principal?.id ?? 'unknown',
      principalName: principal?.name ?? 'unknown',
      method: request.method,
      url: request.originalUrl,
      status: answer.status,
      code: error.code,
      message: error.message,
      repository: null,
      rule: error.rule ?? null,
      steps: trace?.steps ?? [],
    });
  }
}

function writeProblem(
  request: Request,
  response: Response,
  answer: { error: LarderError; problem: ReturnType<typeof renderProblem> },
): void {
  const { error, problem } = answer;
  const body = Buffer.from(JSON.stringify(problem));
  response.status(problem.status);
  response.setHeader('Content-Type', 'application/problem+json');
  response.setHeader('Content-Length', body.length);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Vary', 'Authorization, Accept');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Request-Id', problem.requestId);
  response.setHeader('X-Decision-Id', problem.decisionId);
  // Never Basic: a browser would ask for a password and keep sending it.
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="Larder"');
  if (error.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(error.retryAfterSeconds));
  if (error.allow) response.setHeader('Allow', error.allow.join(', '));
  // What remains of an unread body would be taken for the next request.
  if (!request.complete) response.setHeader('Connection', 'close');
  response.end(request.method === 'HEAD' ? undefined : body);
}

function asLarderError(thrown: unknown): LarderError {
  if (thrown instanceof LarderError) return thrown;
  if (thrown instanceof HttpException && thrown.getStatus() === 404) {
    return new LarderError('not-found', 'There is nothing at this address.');
  }
  return new LarderError('internal', 'The server failed to answer; tell its administrator the request id.', {
    cause: thrown,
  });
}
