import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { makeHttpServer, patience, type Patience } from './http-server.js';

const short: Patience = {
  headersMs: 100,
  idleMs: 150,
  keepAliveMs: 5_000,
  slowBody: { leastBytesPerSecond: 5_000, windowMs: 200 },
};
/** More than any socket buffers hold. */
const large = Buffer.alloc(32 * 1024 * 1024);

const readAll: RequestListener = (req, res) => {
  req.on('error', () => undefined);
  req.resume();
  req.on('end', () => res.end('done'));
};

/** A reset ends a connection as well as an orderly end; `once` would take the former for a failure. */
const closed = (socket: Socket): Promise<void> => new Promise(resolve => socket.once('close', () => resolve()));

describe('a client that does not keep up is cut off', () => {
  let server: Server | undefined;
  const sockets: Socket[] = [];
  const timers: NodeJS.Timeout[] = [];

  const start = async (listener: RequestListener, limits: Partial<Patience> = {}): Promise<void> => {
    server = makeHttpServer(listener, { ...short, ...limits });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  };
  const open = (...pieces: string[]): { socket: Socket; received: () => string } => {
    const socket = connect((server!.address() as AddressInfo).port, '127.0.0.1');
    const chunks: Uint8Array[] = [];
    sockets.push(socket);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    for (const piece of pieces) socket.write(piece);
    return { socket, received: () => Buffer.concat(chunks).toString('latin1') };
  };
  const trickle = (socket: Socket, piece: string): void => {
    timers.push(setInterval(() => socket.write(piece), 20));
  };

  afterEach(async () => {
    for (const timer of timers.splice(0)) clearInterval(timer);
    for (const socket of sockets.splice(0)) socket.destroy();
    server?.closeAllConnections();
    await new Promise(resolve => server?.close(resolve));
  });

  it('when its headers do not end (A16)', async () => {
    await start(readAll, { idleMs: 60_000 });
    const { socket, received } = open('GET / HTTP/1.1\r\nHost: x\r\n');
    trickle(socket, 'X-More: y\r\n');
    await closed(socket);
    expect(received()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('when its body stops (A17)', async () => {
    await start(readAll);
    const { socket } = open('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
    await closed(socket);
  });

  it('when its body stops in a later request of the same connection (A17)', async () => {
    await start(readAll);
    const { socket, received } = open('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
    await closed(socket);
    expect(received()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ['an announced length', 'Content-Length: 100000\r\n\r\n', 'x'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'],
  ])('when its body of %s comes a byte at a time (A17)', async (_, head, piece) => {
    await start(readAll, { idleMs: 60_000 });
    const { socket, received } = open(`PUT / HTTP/1.1\r\nHost: x\r\n${head}`);
    trickle(socket, piece);
    await closed(socket);
    expect(received()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it.each([1, 2])('when it does not read the answer to request %i of its connection (A18)', async count => {
    await start((req, res) => void res.end(req.url === '/small' ? 'small' : large));
    const { socket } = open();
    for (let request = 1; request < count; request++) {
      socket.write('GET /small HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(socket, 'data');
    }
    socket.pause();
    const [served] = await Promise.all([once(server!, 'request'), socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]);
    await closed(served[0].socket);
  });

  it('but not while the server is at work, nor while the body waits for the server', async () => {
    await start((req, res) => {
      setTimeout(() => readAll(req, res), 700);
    });
    const { socket, received } = open('PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc');
    const waiting = open(
      'PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n',
      'y'.repeat(300_000),
    );
    await Promise.all([closed(socket), closed(waiting.socket)]);
    expect(waiting.received()).toMatch(/^HTTP\/1\.1 200 /);
    expect(received()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('by the times that the rules name', () => {
    expect(patience).toEqual({
      headersMs: 10_000,
      idleMs: 60_000,
      keepAliveMs: 65_000,
      slowBody: { leastBytesPerSecond: 1_024, windowMs: 60_000 },
    });
  });
});
