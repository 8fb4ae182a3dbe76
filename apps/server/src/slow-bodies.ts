import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface SlowBodyLimits {
  /** Over how long the speed of a body is judged. */
  readonly windowMs: number;
  readonly leastBytesPerSecond: number;
}

interface Watched {
  bytes: number;
  since: number;
}

/**
 * Ends requests whose body trickles in more slowly than the limit over a whole window: each of them would hold a connection, a staging file and a place in the
 * pipeline for as long as its sender likes. A body that waits for us, because the disk is slow or nobody reads it yet, is not slow. Answered with 408 where nothing was answered yet.
 */
export function endSlowBodies(server: Server, limits: SlowBodyLimits): void {
  const open = new Map<IncomingMessage, Watched & { res: ServerResponse }>();
  const watch = (req: IncomingMessage, res: ServerResponse): void => {
    if (req.headers['transfer-encoding'] === undefined && Number(req.headers['content-length'] ?? 0) === 0) return;
    open.set(req, { res, bytes: req.socket.bytesRead, since: performance.now() });
    res.once('close', () => open.delete(req));
  };
  server.on('request', watch);
  server.on('checkContinue', watch);
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const [req, state] of open) {
      if (req.complete) open.delete(req);
      else if (now - state.since >= limits.windowMs) judge(req, state, now);
    }
  }, limits.windowMs / 10);
  sweep.unref();
  server.once('close', () => clearInterval(sweep));

  function judge(req: IncomingMessage, state: Watched & { res: ServerResponse }, now: number): void {
    const received = req.socket.bytesRead - state.bytes;
    const waitsForUs = req.readableLength > 0;
    if (waitsForUs || received >= (limits.leastBytesPerSecond * (now - state.since)) / 1000) {
      state.bytes = req.socket.bytesRead;
      state.since = now;
      return;
    }
    open.delete(req);
    refuse(req.socket, state.res);
  }
}

function refuse(socket: Socket, res: ServerResponse): void {
  if (res.headersSent) {
    socket.destroy();
    return;
  }
  const text = 'The body arrives too slowly.';
  res.writeHead(408, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    Connection: 'close',
  });
  res.end(text, () => socket.destroy());
}
