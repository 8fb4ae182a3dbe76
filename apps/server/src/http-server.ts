import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { endSlowBodies, type SlowBodyLimits } from './slow-bodies.js';
import type { Config, LarderError } from '#kernel';
import { LarderError as Failure, systemCode } from '#kernel';

const longestUrl = 4_096;
const mostHeaders = 100;

/** Times after which a client that does not keep up is cut off. */
export interface Patience {
  /** Until the headers are complete. */
  readonly headersMs: number;
  /** Without a byte in either direction while a request or an answer is under way. */
  readonly idleMs: number;
  /** Between two requests. Longer than the 60 seconds of usual proxies, so that they and not we close first. */
  readonly keepAliveMs: number;
  readonly slowBody: SlowBodyLimits;
}

export const patience: Patience = {
  headersMs: 10_000,
  idleMs: 60_000,
  keepAliveMs: 65_000,
  slowBody: { windowMs: 60_000, leastBytesPerSecond: 1_024 },
};

/**
 * Node's defaults would cut long uploads (requestTimeout) and race with clients that keep connections (keepAliveTimeout 5 s). There is no `upgrade` listener on
 * purpose: Java's HttpClient offers h2c with every first request and fails when somebody listens.
 */
export function makeHttpServer(
  listener: RequestListener,
  { headersMs, idleMs, keepAliveMs, slowBody }: Patience = patience,
): Server {
  const checked = (req: IncomingMessage, res: ServerResponse): void => {
    if (refuseOversize(req, res)) return;
    listener(req as Parameters<RequestListener>[0], res as Parameters<RequestListener>[1]);
  };
  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      requestTimeout: 0,
      headersTimeout: headersMs,
      keepAliveTimeout: keepAliveMs,
      // How often Node looks for headers that are late; its default of 30 seconds would make 40 of the 10.
      connectionsCheckingInterval: Math.min(2_000, headersMs),
    },
    checked,
  );
  // A client that asks before it sends its body is told to go on only when a handler begins to read it: a refusal saves the whole upload.
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    const proceed = (event: string | symbol): void => {
      if (event !== 'data' && event !== 'readable') return;
      req.off('newListener', proceed);
      if (!res.headersSent) res.writeContinue();
    };
    req.on('newListener', proceed);
    checked(req, res);
  });
  // Not set on each socket: Node sets a socket that serves a further request back to this value, whose default is none.
  server.timeout = idleMs;
  // Nothing moved for a minute: either the client stopped sending or it stopped reading. While the server itself is at work, on a complete request or on what it has not read yet, it waits.
  server.on('timeout', socket => {
    const answering = (socket as unknown as { _httpMessage?: ServerResponse & { req?: IncomingMessage } })._httpMessage;
    const atWork = answering?.req !== undefined && (answering.req.complete || answering.req.readableLength > 0);
    if (atWork && !answering.headersSent) return;
    socket.destroy();
  });
  server.maxConnections = 10_000;
  endSlowBodies(server, slowBody);
  return server;
}

/** @throws unavailable when the address is taken or not ours */
export async function listen(server: Server, config: Pick<Config, 'host' | 'port'>): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(config.port, config.host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    throw cannotListen(config, cause);
  }
  return (server.address() as AddressInfo).port;
}

/** Lets requests in flight finish for at most `deadlineMs`; then cuts them, so that a short download never looks complete. */
export async function closeServer(server: Server, deadlineMs: number): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  server.closeIdleConnections();
  const sweep = setInterval(() => server.closeIdleConnections(), 100);
  const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
}

function refuseOversize(req: IncomingMessage, res: ServerResponse): boolean {
  const status = (req.url?.length ?? 0) > longestUrl ? 414 : req.rawHeaders.length / 2 > mostHeaders ? 431 : undefined;
  if (status === undefined) return false;
  const text =
    status === 414
      ? `The URL is longer than ${longestUrl} bytes.`
      : `The request has more than ${mostHeaders} header fields.`;
  res.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    Connection: 'close',
    'Content-Length': Buffer.byteLength(text),
  });
  res.end(text);
  return true;
}

function cannotListen(config: Pick<Config, 'host' | 'port'>, cause: unknown): LarderError {
  const code = systemCode(cause);
  const why =
    code === 'EADDRINUSE'
      ? 'is in use by another program; choose another LARDER_PORT'
      : `cannot be used (${code ?? 'unknown'}); check LARDER_HOST and LARDER_PORT`;
  return new Failure('unavailable', `The address ${config.host}:${config.port} ${why}.`, { cause });
}
