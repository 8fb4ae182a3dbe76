import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { closeServer, makeHttpServer } from './http-server.js';
import { endSlowBodies } from './slow-bodies.js';

describe('the HTTP server', () => {
  let server: Server;
  afterEach(() => closeServer(server, 0));

  const listen = (made: Server): Promise<number> => {
    server = made;
    return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
  };

  it('ends a body that trickles, with 408, and lets a steady one through', async () => {
    const port = await listen(
      createServer(async (req, res) => {
        for await (const _ of req) continue;
        res.end('done');
      }),
    );
    endSlowBodies(server, { windowMs: 200, leastBytesPerSecond: 1_000 });
    const send = (piece: string) =>
      new Promise<string>(resolve => {
        const socket = connect(port, '127.0.0.1', () =>
          socket.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n'),
        );
        const trickle = setInterval(() => socket.write(piece), 20);
        let text = '';
        socket.on('data', chunk => (text += chunk.toString()));
        socket.on('error', () => undefined);
        socket.on('close', () => {
          clearInterval(trickle);
          resolve(text);
        });
        socket.on('data', () => {
          if (text.includes('done')) socket.destroy();
        });
      });
    expect(await send('x')).toMatch(/^HTTP\/1.1 408/);
    expect(await send('x'.repeat(5_000))).toMatch(/^HTTP\/1.1 200/);
  });

  it('has no upgrade listener, so that a client that offers h2c gets its answer over HTTP/1.1', async () => {
    const port = await listen(makeHttpServer((_req, res) => res.end('plain')));
    expect(server.listenerCount('upgrade')).toBe(0);
    const answer = await new Promise<string>(resolve => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(
          'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n',
        ),
      );
      let text = '';
      socket.on('data', chunk => {
        text += chunk.toString();
        if (text.includes('plain')) socket.destroy();
      });
      socket.on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1.1 200/);
  });

  it('keeps connections longer than the clients that reuse them, and never cuts a long upload by a total time', async () => {
    await listen(makeHttpServer((_req, res) => res.end()));
    expect(server.keepAliveTimeout).toBeGreaterThanOrEqual(65_000);
    expect(server.requestTimeout).toBe(0);
  });
});
