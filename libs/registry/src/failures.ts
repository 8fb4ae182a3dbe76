import { Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Decisions } from '#audit';
import { isLarderError, LarderError, systemCode, timeOrderedId, type Logger } from '#kernel';
import { Exchange } from './exchange.js';
import type { FailedRequest, Failure, WireAnswer } from './format.js';
import { Gate, nothingThere } from './gate.js';
import { sendRefusal } from './refusal.js';
import { loggerToken } from './tokens.js';
import { renderUndisclosed } from './undisclosed.js';

/** Turns whatever was thrown into the answer of the right protocol, and keeps the reason as a decision. */
@Injectable()
export class Failures {
  constructor(
    private readonly decisions: Decisions,
    private readonly gate: Gate,
    @Inject(loggerToken) private readonly logger: Logger,
  ) {}

  /** Answers a failed content request. After the headers are out only the connection can tell: it is cut, never ended cleanly. */
  answer(req: Request, res: Response, thrown: unknown): void {
    if (res.headersSent) {
      if (!isClientGone(thrown))
        this.logger.error(
          { err: thrown, requestId: Exchange.of(req)?.requestId },
          'an answer failed after its headers were sent',
        );
      res.destroy();
      return;
    }
    if (isClientGone(thrown) && res.destroyed) return;
    try {
      const failure = this.describe(req, thrown);
      const answer = this.render(Exchange.of(req), failure, req);
      this.remember(req, failure, answer.status);
      sendRefusal(req, res, failure, answer);
    } catch (error) {
      // Nobody is left to answer for the words of a refusal; thrown on, this would end the process.
      this.logger.error({ err: error, requestId: Exchange.of(req)?.requestId }, 'a refusal could not be sent');
      res.destroy();
    }
  }

  /** The failure in neutral words; unknown errors become `internal` and are logged here, once. */
  describe(req: Request, thrown: unknown): Failure {
    const exchange = Exchange.of(req);
    const requestId = exchange?.requestId ?? timeOrderedId();
    const error = this.known(thrown, requestId);
    exchange?.trace.add('answer', error.code, { message: error.message, ...(error.rule ? { rule: error.rule } : {}) });
    const hidden = exchange !== undefined && this.mustLookMissing(exchange, error);
    return {
      code: error.code,
      message: hidden ? nothingThere(exchange.target, exchange.repository.name) : error.message,
      details: hidden ? {} : error.details,
      decisionId: timeOrderedId(),
      requestId,
      retryAfterSeconds: error.retryAfterSeconds,
      allow: error.allow,
    };
  }

  /** Keeps the trace under the decision id that the answer carries. */
  remember(req: Request, failure: Failure, status: number): void {
    const exchange = Exchange.of(req);
    const answered = exchange?.trace.steps.findLast(step => step.step === 'answer');
    this.decisions.add({
      id: failure.decisionId,
      at: new Date(),
      principalId: exchange?.principal.id ?? 'anonymous',
      principalName: exchange?.principal.name ?? 'anonymous',
      method: req.method,
      url: exchange?.url ?? req.url,
      status,
      code: failure.code,
      message: failure.message,
      repository: exchange?.repositoryName ?? null,
      rule: (answered?.details?.['rule'] as string | undefined) ?? null,
      steps: exchange?.trace.steps ?? [],
    });
  }

  private render(exchange: Exchange | undefined, failure: Failure, req: Request): WireAnswer {
    const format = exchange?.formatIfAny;
    const request: FailedRequest = {
      method: req.method,
      url: exchange?.url ?? req.url,
      headers: req.headers,
      origin: exchange?.origin ?? '',
      repository: exchange?.repositoryName,
      target: exchange?.target,
      authenticated: exchange !== undefined && exchange.principal.kind !== 'anonymous',
    };
    // A format with a mount of its own is known from the URL alone, so its words give nothing away.
    if (format && (exchange.disclosed || format.mount)) return format.renderError(failure, request);
    return renderUndisclosed(failure, request);
  }

  /**
   * A miss that the principal could tell from a hidden name by its wording gets the wording of both. Who may read the very name that the request is about may be
   * told what is missing in it.
   */
  private mustLookMissing(exchange: Exchange, error: LarderError): boolean {
    if (error.code !== 'not-found' || !exchange.repositoryIfAny || !exchange.disclosed) return false;
    if (exchange.target.package !== undefined && this.gate.allows(exchange, 'read')) return false;
    return !this.gate.readsEverything(exchange);
  }

  private known(thrown: unknown, requestId: string): LarderError {
    if (isLarderError(thrown)) {
      if (
        thrown.cause !== undefined &&
        (thrown.code === 'internal' || thrown.code === 'unavailable' || thrown.code === 'storage-full')
      ) {
        this.logger.error({ err: thrown.cause, requestId, code: thrown.code }, thrown.message);
      }
      return thrown;
    }
    const parser = fromHttpParser(thrown);
    if (parser) return parser;
    this.logger.error({ err: thrown, requestId }, 'a request failed for an unexpected reason');
    return new LarderError(
      'internal',
      `The server failed to handle this request; ask its administrator to look for request ${requestId} in the log.`,
    );
  }
}

/** Express and Nest throw errors with a `status` of their own for paths and methods that they do not know. */
function fromHttpParser(thrown: unknown): LarderError | undefined {
  const status = (thrown as { status?: unknown } | null)?.status;
  if (status === 404) return new LarderError('not-found', 'There is nothing at this path.');
  if (status === 405) return new LarderError('method-not-allowed', 'This path does not take this method.');
  if (status === 400) return new LarderError('invalid-request', 'The request cannot be understood.');
  if (status === 413) return new LarderError('too-large', 'The body is too large.');
  return undefined;
}

function isClientGone(thrown: unknown): boolean {
  // An aborted signal throws a DOMException, whose code is a number.
  if ((thrown as { name?: unknown } | null)?.name === 'AbortError') return true;
  const code = systemCode(thrown);
  return (
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    code === 'ABORT_ERR' ||
    code === 'ECONNABORTED'
  );
}
