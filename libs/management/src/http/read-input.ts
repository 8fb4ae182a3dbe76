import type { Request } from 'express';
import { LarderError } from '#kernel';
import { parseJson, readBody } from '#http';
import type { CheckedInput } from './api-call.js';
import { checkInput } from './check-input.js';
import type { Operation } from './operation.js';

const defaultBodyLimitBytes = 1024 * 1024;

/**
 * Reads and checks the parts of a request. A path parameter that can name nothing is a missing thing, like any other name that leads nowhere.
 * @throws invalid-request, not-found, too-large, unsupported-media-type
 */
export async function readInput(operation: Operation, request: Request): Promise<CheckedInput> {
  const params = readParams(operation, request);
  const query = readQuery(operation, request);
  return { params, query, body: operation.body ? await readJson(operation, request) : undefined };
}

function readParams(operation: Operation, request: Request): unknown {
  if (!operation.params) return undefined;
  const parsed = operation.params.safeParse({ ...request.params });
  if (!parsed.success) throw new LarderError('not-found', 'There is nothing at this address.');
  return parsed.data;
}

function readQuery(operation: Operation, request: Request): unknown {
  const question = request.originalUrl.indexOf('?');
  const given = new URLSearchParams(question < 0 ? '' : request.originalUrl.slice(question + 1));
  // Without a prototype, so that no name of a parameter means anything.
  const query = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of given) {
    // Twice the same parameter is ambiguous: the schema refuses the list.
    query[name] = name in query ? [query[name], value] : value;
  }
  if (!operation.query) {
    const [first] = Object.keys(query);
    if (first === undefined) return undefined;
    const errors = [
      { in: 'query', pointer: `/${first.slice(0, 100)}`, code: 'unknown-field', detail: 'is not known here' },
    ];
    throw new LarderError('invalid-request', `The parameter ${first.slice(0, 100)} is not known here.`, {
      details: { errors },
    });
  }
  return checkInput(operation.query, { ...query }, 'query');
}

async function readJson(operation: Operation, request: Request): Promise<unknown> {
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  const accepted =
    operation.method === 'PATCH' ? ['application/json', 'application/merge-patch+json'] : ['application/json'];
  if (!accepted.includes(mediaType)) {
    throw new LarderError('unsupported-media-type', `Send the body as ${accepted.join(' or ')}.`);
  }
  const bytes = await readBody(request, operation.bodyLimitBytes ?? defaultBodyLimitBytes);
  return checkInput(operation.body!, parseJson(bytes, { uniqueKeys: true }), 'body');
}
