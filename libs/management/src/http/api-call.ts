import type { Request } from 'express';
import type { Principal } from '#access';
import type { Actor } from '#audit';
import { Exchange } from '#registry';
import type { Input, Operation } from './operation.js';

/** Who asks, from where and how. */
export interface ApiCall {
  readonly operation: Operation;
  readonly request: Request;
  /** Scheme, host and port as the client sees them. */
  readonly origin: string;
  /** Of the client, as far as it can be believed. */
  readonly address: string;
  readonly principal: Principal;
  /** Who acts, for events. */
  readonly actor: Actor;
}

/** One request to an operation: who asks, and its checked parts. */
export interface CallOf<O extends Operation> extends ApiCall, Input<O> {}

/** The parts of a request as read; the operation's schemas have given them their types. */
export interface CheckedInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

const slot = Symbol('larder.api-call');

interface WithCall {
  [slot]?: ApiCall & CheckedInput;
}

/** The pipeline has authenticated and authorized the request; with its input checked it is ready for the handler. */
export function beginCall(operation: Operation, request: Request, input: CheckedInput): void {
  const { origin, clientAddress: address, principal, actor } = exchangeOf(request);
  (request as WithCall)[slot] = { operation, request, origin, address, principal, actor, ...input };
}

/** What the handler of the request receives. */
export function callOf(request: Request): (ApiCall & CheckedInput) | undefined {
  return (request as WithCall)[slot];
}

/** The request's way through the pipeline so far. */
export function exchangeOf(request: Request): Exchange {
  const exchange = Exchange.of(request);
  if (!exchange) throw new Error('the request did not pass the front');
  return exchange;
}
