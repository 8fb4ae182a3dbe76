import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { isNotModified } from './conditional.js';
import type { Document } from './document.js';

export interface SendDocumentOptions {
  /** Default `no-cache`: kept, but asked again each time. */
  readonly cacheControl?: string;
  /** Header names besides `Accept-Encoding`. */
  readonly vary?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Sends a rendered document: 304 when a validator matches, gzip when the client takes it, no body for HEAD. Headers and body go out in one write.
 */
export function sendDocument(
  req: IncomingMessage,
  res: ServerResponse,
  document: Document,
  options: SendDocumentOptions = {},
): void {
  const zipped = document.gzip !== undefined && acceptsGzip(req.headers['accept-encoding']);
  const body = zipped ? document.gzip! : document.body;
  const etag = zipped ? document.etagGzip : document.etag;
  const headers: OutgoingHttpHeaders = {
    'Content-Type': document.mediaType,
    'Cache-Control': options.cacheControl ?? 'no-cache',
    ETag: etag,
    Vary: options.vary && options.vary.length > 0 ? `Accept-Encoding, ${options.vary.join(', ')}` : 'Accept-Encoding',
    'X-Content-Type-Options': 'nosniff',
    ...options.headers,
  };
  if (document.lastModified) headers['Last-Modified'] = document.lastModified.toUTCString();
  if (isNotModified(req, etag, document.lastModified) || isNotModified(req, document.etag, undefined)) {
    delete headers['Content-Type'];
    res.writeHead(304, headers).end();
    return;
  }
  if (zipped) headers['Content-Encoding'] = 'gzip';
  headers['Content-Length'] = body.length;
  finish(req, res, 200, headers, body);
}

/** Sends small bytes as they are. */
export function sendBytes(
  req: IncomingMessage,
  res: ServerResponse,
  answer: { status: number; body: Buffer | string; mediaType: string; headers?: Readonly<Record<string, string>> },
): void {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  finish(
    req,
    res,
    answer.status,
    {
      'Content-Type': answer.mediaType,
      'Content-Length': body.length,
      'X-Content-Type-Options': 'nosniff',
      ...answer.headers,
    },
    body,
  );
}

/** Sends a JSON value with `application/json; charset=utf-8`, unless the headers say otherwise. */
export function sendJson(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendBytes(req, res, {
    status,
    body: JSON.stringify(value),
    mediaType: 'application/json; charset=utf-8',
    headers: { 'Cache-Control': 'no-store', ...headers },
  });
}

/** An answer without a body. */
export function sendEmpty(res: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  const sized: OutgoingHttpHeaders =
    status === 204 || status === 304 ? { ...headers } : { 'Content-Length': 0, ...headers };
  res.writeHead(status, sized).end();
}

/** Is gzip among the encodings that `Accept-Encoding` takes, with a weight above zero? */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  if (header === undefined) return false;
  const text = typeof header === 'string' ? header : header.join(',');
  if (!text.includes('gzip') && !text.includes('*')) return false;
  return text.split(',').some(entry => {
    const [coding = '', ...parameters] = entry.trim().toLowerCase().split(';');
    const refused = parameters.some(parameter => /^\s*q\s*=\s*0(?:\.0*)?\s*$/.test(parameter));
    return (coding.trim() === 'gzip' || coding.trim() === '*') && !refused;
  });
}

function finish(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  body: Buffer,
): void {
  res.writeHead(status, headers);
  if (req.method === 'HEAD') res.end();
  else res.end(body);
}
