import type { Request } from 'express';
import type { Principal } from '#access';
import type { Actor } from '#audit';
import type { Trace } from '#registry';
import type { Input, Operation } from './operation.js';

/** What is known about a request before its input is checked. */
export interface ApiCall {
  readonly request: Request;
  readonly requestId: string;
  /** Of the client, as far as it can be believed. */
  readonly address: string;
  readonly principal: Principal;
  /** Scheme, host and port as the client sees them. */
  readonly origin: string;
  /** Who acts, for events. */
  readonly actor: Actor;
  readonly trace: Trace;
}

/** One request to an operation: who asks, and its checked parts. */
export interface CallOf<O extends Operation> extends ApiCall, Input<O> {}

/** As read; the operation's schemas have given it its type. */
export interface CheckedInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

const slot = Symbol('call');

interface WithCall {
  [slot]?: Partial<ApiCall>;
}

/** Keeps what is known so far, so that a refusal on the way can tell it. */
export function rememberCall(request: Request, call: Partial<ApiCall> | CheckedInput): void {
  (request as WithCall)[slot] = { ...(request as WithCall)[slot], ...call };
}

/** What is known about a request; complete when its handler runs. */
export function callOf(request: Request): Partial<ApiCall> {
  return (request as WithCall)[slot] ?? {};
}
