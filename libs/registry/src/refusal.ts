import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Failure, WireAnswer } from './format.js';

/** Clients that are still sending read no answer until they are done; up to this much is read and dropped for them. */
const drainBytes = 64 * 1024 * 1024;
const drainMs = 10_000;
const longestReason = 200;

/** Writes a refusal with what every refusal carries, and deals with the body that nobody will read. */
export function sendRefusal(req: IncomingMessage, res: ServerResponse, failure: Failure, answer: WireAnswer): void {
  for (const name of res.getHeaderNames()) {
    if (name !== 'x-request-id') res.removeHeader(name);
  }
  const body = Buffer.from(answer.body);
  const headers: Record<string, string | number> = {
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...answer.headers,
    'X-Request-Id': failure.requestId,
    'X-Decision-Id': failure.decisionId,
    'Content-Length': body.length,
  };
  if (failure.retryAfterSeconds !== undefined) headers['Retry-After'] = failure.retryAfterSeconds;
  if (failure.allow !== undefined) headers['Allow'] = failure.allow.join(', ');
  const unread = !req.complete && hasBody(req);
  if (unread) headers['Connection'] = 'close';
  const reason = answer.reason === undefined ? undefined : asReason(answer.reason);
  if (reason) res.writeHead(answer.status, reason, headers);
  else res.writeHead(answer.status, headers);
  res.end(req.method === 'HEAD' ? undefined : body);
  if (unread && !expectsContinue(req)) drain(req);
}

/** One line of printable Latin-1: what HTTP/1.1 allows after the status. */
export function asReason(text: string): string {
  return text
    .replace(/[^\x20-\x7e\xa0-\xff]+/g, ' ')
    .trim()
    .slice(0, longestReason);
}

function hasBody(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

/** A client that waits for 100 has sent nothing, and now will not. */
function expectsContinue(req: IncomingMessage): boolean {
  return /^100-continue$/i.test(req.headers.expect ?? '') && req.readableFlowing !== true;
}

function drain(req: IncomingMessage): void {
  let left = drainBytes;
  const timer = setTimeout(() => req.destroy(), drainMs);
  timer.unref();
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) req.destroy();
  });
  req.once('close', () => clearTimeout(timer));
  req.on('error', () => clearTimeout(timer));
  req.resume();
}
