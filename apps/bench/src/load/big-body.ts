import { createHash, randomBytes } from 'node:crypto';

const chunkBytes = 1024 * 1024;
const stampBytes = 16;
/** Random, so that no file system or driver can make less of it. */
const filling = randomBytes(chunkBytes - stampBytes);

/** A body that is made while it is sent, in whole MiB. The same seed gives the same bytes within one process, another seed others. */
export function* bigBody(seed: number, sizeBytes: number): Iterable<Buffer> {
  if (sizeBytes % chunkBytes !== 0) throw new Error('big bodies have whole MiB');
  for (let index = 0; index < sizeBytes / chunkBytes; index++) {
    const stamp = Buffer.alloc(stampBytes);
    stamp.writeDoubleBE(seed, 0);
    stamp.writeDoubleBE(index, 8);
    yield stamp;
    yield filling;
  }
}

export function bigBodyDigest(seed: number, sizeBytes: number): string {
  const hash = createHash('sha256');
  for (const piece of bigBody(seed, sizeBytes)) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}
