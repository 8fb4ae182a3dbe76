import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { HashOrder } from './hash-thread.js';

// The other end of `HashThread`: computes digests over memory that both threads see. Every order is answered, in order.
const hashes = new Map<number, Hash>();

parentPort!.on('message', ({ id, piece, end }: HashOrder) => {
  const hash = hashes.get(id) ?? createHash('sha256');
  if (piece) hash.update(piece);
  if (end) hashes.delete(id);
  else hashes.set(id, hash);
  parentPort!.postMessage(end ? hash.digest('hex') : '');
});
