import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { makeDocument, sendDocument, sendEmpty, sendJson, type Document } from '#http';
import { callOf } from './api-call.js';
import type { Operation } from './operation.js';
import type { Page } from './paging.js';
import { ItemStream, Reply } from './reply.js';

const mediaType = 'application/json; charset=utf-8';

/**
 * Writes the answer of an operation. Reads carry a strong ETag and may be kept by the client as long as it asks before each use; secrets and
 * answers to changes are never kept.
 */
export async function sendAnswer(
  operation: Operation,
  response: Response,
  { request, result }: { request: Request; result: unknown },
): Promise<void> {
  const { value, options } = result instanceof Reply ? result : new Reply(result);
  const headers: Record<string, string> = { ...options.headers };
  if (value instanceof ItemStream) return sendLines(response, headers, value);
  if (!operation.answer) return sendEmpty(response, operation.status ?? 204, headers);
  if (operation.method !== 'GET' || operation.neverStore) {
    if (options.etag !== undefined) headers['ETag'] = options.etag;
    if (operation.location) headers['Location'] = `/api/v1${operation.location(value)}`;
    return sendJson(request, response, operation.status ?? 200, value, {
      ...headers,
      'Cache-Control': 'private, no-store',
    });
  }
  const next = nextPage(request, value);
  if (next !== undefined) headers['Link'] = `<${next}>; rel="next"`;
  const document = await makeDocument(mediaType, JSON.stringify(value));
  const cacheControl = callOf(request)?.principal.kind === 'anonymous' ? 'no-cache' : 'private, no-cache';
  sendDocument(request, response, withEtag(document, options.etag), {
    cacheControl,
    vary: ['Authorization', 'Accept'],
    headers,
  });
}

/** A validator of the thing instead of the bytes, for `If-Match`. It must name one form only, so this one is never compressed. */
function withEtag(document: Document, etag: string | undefined): Document {
  return etag === undefined ? document : { ...document, etag, etagGzip: etag, gzip: undefined };
}

async function sendLines(response: Response, headers: Record<string, string>, stream: ItemStream): Promise<void> {
  response.writeHead(200, {
    ...headers,
    'Content-Type': 'application/x-ndjson',
    'Cache-Control': 'private, no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  await pipeline(Readable.from(lines(stream.items)), response);
}

async function* lines(items: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const item of items) yield `${JSON.stringify(item)}\n`;
}

/** The address of the next page: this request with another cursor, relative to the server. */
function nextPage(request: Request, value: unknown): string | undefined {
  const cursor = (value as Page<unknown> | null)?.nextCursor;
  if (cursor === undefined) return undefined;
  const [path = '', search = ''] = request.originalUrl.split('?');
  const query = new URLSearchParams(search);
  query.set('cursor', cursor);
  return `${path}?${query.toString()}`;
}
