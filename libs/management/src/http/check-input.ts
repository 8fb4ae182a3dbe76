import type { z } from 'zod';
import { LarderError } from '#kernel';

/** One thing that is wrong with a request. `pointer` is a JSON Pointer (RFC 6901) into the body, or into the query seen as an object. */
export interface InputError {
  readonly in: 'body' | 'query';
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

const maxErrors = 20;

/**
 * Checks a part of the request. Unknown fields are errors, so a misspelt or forbidden field never passes silently.
 * @throws invalid-request with all errors (at most 20) and their places in `details.errors`
 */
export function checkInput<S extends z.ZodType>(schema: S, value: unknown, part: InputError['in']): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap(issue => describe(issue, part)).slice(0, maxErrors);
  const [first] = errors;
  const place =
    first!.pointer === ''
      ? `The ${part}`
      : `${part === 'query' ? 'The parameter' : 'The field'} ${first!.pointer.slice(1)}`;
  throw new LarderError('invalid-request', `${place} ${first!.detail}.`, { details: { errors } });
}

/** An error of one field that no schema can see: an unknown name, a time in the past. `detail` follows the name of the field. */
export function inputError(pointer: string, detail: string, part: InputError['in'] = 'body'): LarderError {
  const errors: InputError[] = [{ in: part, pointer, code: 'invalid-value', detail }];
  const kind = part === 'query' ? 'parameter' : 'field';
  return new LarderError('invalid-request', `The ${kind} ${pointer.slice(1)} ${detail}.`, { details: { errors } });
}

function describe(issue: z.core.$ZodIssue, part: InputError['in']): InputError[] {
  const pointer = pointerOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({
      in: part,
      pointer: pointer + pointerOf([key]),
      code: 'unknown-field',
      detail: 'is not known here',
    }));
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return [{ in: part, pointer, code: 'required', detail: 'is missing' }];
  }
  return [{ in: part, pointer, code: issue.code.replaceAll('_', '-'), detail: sentence(issue.message) }];
}

/** zod's messages begin with a capital or with our own "must …"; both follow the name of the field. */
function sentence(message: string): string {
  return message.startsWith('must ') ? message : `is not valid: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map(part => `/${String(part).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
