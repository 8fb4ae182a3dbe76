import type { z } from 'zod';
import type { ErrorCode, SystemAction } from '#kernel';

/** What a caller needs: no right (`public`), an account (`signed-in`), a system action, or what the handler asks for when it knows the thing. */
export type OperationAction = 'public' | 'signed-in' | SystemAction;

/** One route of the API: the router, the check of its input and the OpenAPI document are all made from this value. */
export interface Operation {
  /** Unique; the name of the function in generated clients. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`, with `:name` for parameters. */
  readonly path: string;
  readonly action: OperationAction;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** Default 200, or 204 without an answer. */
  readonly status?: number;
  /** Absent: the answer has no body. */
  readonly answer?: z.ZodType;
  /** Below `/api/v1`, where the thing that was created is read; sent as `Location`. */
  location?(answer: unknown): string;
  /** Answers `application/x-ndjson` when the request accepts it. */
  readonly streams?: boolean;
  /** The answer holds a secret, or must not be kept for another reason. */
  readonly neverStore?: boolean;
  /** `If-Match` is understood and the answer carries the `ETag` to send. */
  readonly guardedByETag?: boolean;
  /** Codes beyond those that every operation may answer. */
  readonly errors?: readonly ErrorCode[];
}

/** Where `Serves` leaves the operation of a handler. */
export const operationKey = 'larder:operation';

/** Makes the `location` of an operation whose answers have an id or a name. */
export function locationBy(path: string, key: 'id' | 'name'): (answer: unknown) => string {
  return answer => `${path}/${encodeURIComponent(String((answer as Record<string, unknown>)[key]))}`;
}

/** Keeps the exact type of the schemas. */
export function operation<const O extends Operation>(value: O): O {
  return value;
}

type Inferred<S> = S extends z.ZodType ? z.output<S> : undefined;
type Field<O, K extends string> = O extends { readonly [P in K]: infer S } ? Inferred<S> : undefined;

/** The checked parts of a request to this operation. */
export interface Input<O extends Operation> {
  readonly params: Field<O, 'params'>;
  readonly query: Field<O, 'query'>;
  readonly body: Field<O, 'body'>;
}

/** What the handler of this operation gives. */
export type Output<O extends Operation> = O extends { readonly answer: infer S extends z.ZodType } ? z.input<S> : void;

/** The parameter names of a path, in order. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/:([A-Za-z]+)/g)].map(match => match[1]!);
}
