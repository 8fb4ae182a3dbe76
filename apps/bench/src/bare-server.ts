import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/**
 * What every row is compared with: the least that a `node:http` server can do for the same bytes. It looks nothing up and asks nobody. GET sends prepared
 * bytes or streams a prepared file; PUT hashes (sha256), stores and fsyncs.
 */
export type BareMessage = { readonly path: string; readonly headers: Readonly<Record<string, string>> } & (
  { readonly kind: 'bytes'; readonly body: Uint8Array } | { readonly kind: 'file'; readonly file: string }
);

const prepared = new Map<string, BareMessage>();
const folder = process.argv[2] ?? '.';

function answer(req: IncomingMessage, res: ServerResponse): void {
  const found = prepared.get(req.url ?? '');
  if (req.method === 'PUT') void store(req, res);
  else if (found?.kind === 'bytes') res.writeHead(200, found.headers).end(found.body);
  else if (found) void sendFile(found, res);
  else res.writeHead(404, { 'Content-Length': 0 }).end();
}

async function sendFile(found: BareMessage & { kind: 'file' }, res: ServerResponse): Promise<void> {
  res.writeHead(200, found.headers);
  await pipeline(createReadStream(found.file), res).catch(() => res.destroy());
}

async function store(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const file = join(folder, randomUUID());
  const hash = createHash('sha256');
  try {
    const hashed = async function* (source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    };
    await pipeline(req, hashed, createWriteStream(file, { flush: true }));
    res.writeHead(201, { 'Content-Length': 0, ETag: `"${hash.digest('hex')}"` }).end();
    await rm(file);
  } catch {
    res.destroy();
  }
}

// The same time-outs as Larder's, so that no connection of the load is closed under it.
const server = createServer({ requestTimeout: 0, keepAliveTimeout: 65_000 }, answer);
process.on('message', (message: BareMessage) => {
  prepared.set(message.path, message);
  process.send?.({ kind: 'prepared' });
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () =>
  process.send?.({ kind: 'listening', port: (server.address() as AddressInfo).port }),
);
