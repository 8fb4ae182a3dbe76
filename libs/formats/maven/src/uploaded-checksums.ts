import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { RepositoryContext } from '#registry';
import type { ExpectedChecksums } from './checksum-comparison.js';
import type { ChecksumAlgorithm } from './coordinates.js';

/** How long a checksum waits for its file. Only hand-made clients send it first. */
const waitMs = 10 * 60 * 1000;
const maxEntries = 20_000;

/**
 * What publishers said about checksums in the last minutes: values that came before their file, and values that were confirmed. A convenience
 * of this process: when an entry is lost a file is not compared with an early checksum, or Ivy uploads a checksum once more.
 */
@Injectable()
export class UploadedChecksums {
  private readonly expected = new LRUCache<string, ExpectedChecksums>({ max: maxEntries, ttl: waitMs });
  private readonly confirmed = new LRUCache<string, true>({ max: maxEntries, ttl: waitMs });

  /** Remembers a checksum whose file is not there yet. It binds only the principal that sent it. */
  expect(ctx: RepositoryContext, path: string, checksum: { algorithm: ChecksumAlgorithm; hex: string }): void {
    const key = keyOf(ctx, path);
    this.expected.set(key, { ...this.expected.get(key), [checksum.algorithm]: checksum.hex });
  }

  expectedFor(ctx: RepositoryContext, path: string): ExpectedChecksums {
    return this.expected.get(keyOf(ctx, path)) ?? {};
  }

  confirm(ctx: RepositoryContext, path: string, algorithm: ChecksumAlgorithm): void {
    this.confirmed.set(`${keyOf(ctx, path)}.${algorithm}`, true);
  }

  isConfirmed(ctx: RepositoryContext, path: string, algorithm: ChecksumAlgorithm): boolean {
    return this.confirmed.has(`${keyOf(ctx, path)}.${algorithm}`);
  }
}

function keyOf(ctx: RepositoryContext, path: string): string {
  return `${ctx.repository.id} ${ctx.principal.id} ${path}`;
}
