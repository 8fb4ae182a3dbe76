import type { OutgoingHttpHeaders } from 'node:http';
import type { Response } from 'express';
import { commonHeaders } from './wire.js';

/** An answer without a body. Express's own `send` and `json` are not used here: they add a charset and a weak ETag. */
export function answer(res: Response, status: number, headers: OutgoingHttpHeaders = {}): void {
  res.writeHead(status, { ...commonHeaders, ...(status === 204 ? {} : { 'Content-Length': 0 }), ...headers });
  res.end();
}

/** An answer with a body that is sent as it is; HEAD has the same headers and no body. */
export function answerBody(res: Response, body: Buffer, headers: OutgoingHttpHeaders): void {
  res.writeHead(200, { ...commonHeaders, 'Content-Length': body.length, ...headers });
  res.end(res.req.method === 'HEAD' ? undefined : body);
}

export function answerJson(res: Response, value: unknown, headers: OutgoingHttpHeaders = {}): void {
  answerBody(res, Buffer.from(JSON.stringify(value)), { 'Content-Type': 'application/json', ...headers });
}
