import { createHash, type Hash } from 'node:crypto';
import { LarderError, type Checksums, type HashAlgorithm } from '#kernel';
import type { StageOptions } from './contract.js';

/** Several digests of the same bytes, computed in one pass. */
export class RunningDigests {
  readonly #hashes: readonly (readonly [HashAlgorithm, Hash])[];

  constructor(algorithms: Iterable<HashAlgorithm>) {
    this.#hashes = [...new Set(algorithms)].map(algorithm => [algorithm, createHash(algorithm)] as const);
  }

  update(chunk: Uint8Array): void {
    for (const [, hash] of this.#hashes) hash.update(chunk);
  }

  /** Ends the computation. Call once. */
  checksums(): Checksums {
    const checksums: Checksums = {};
    for (const [algorithm, hash] of this.#hashes) checksums[algorithm] = hash.digest('hex');
    return checksums;
  }
}

/** sha256, what was asked for, and what the client's announcement must be compared with. */
export function wantedAlgorithms(options: Pick<StageOptions, 'algorithms' | 'expected'>): ReadonlySet<HashAlgorithm> {
  const announced = Object.keys(options.expected?.checksums ?? {}) as HashAlgorithm[];
  return new Set<HashAlgorithm>(['sha256', ...(options.algorithms ?? []), ...announced]);
}

/** @throws size-mismatch, digest-mismatch */
export function assertExpected(sizeBytes: number, checksums: Checksums, expected: StageOptions['expected']): void {
  if (expected?.sizeBytes !== undefined && expected.sizeBytes !== sizeBytes)
    throw sizeMismatch(expected.sizeBytes, sizeBytes);
  for (const [algorithm, announced] of Object.entries(expected?.checksums ?? {})) {
    const received = checksums[algorithm as HashAlgorithm];
    if (announced === received) continue;
    throw new LarderError(
      'digest-mismatch',
      `The ${algorithm} of the received bytes is ${received}, but ${String(announced).slice(0, 200)} was announced. Send the content again; nothing was stored.`,
      { details: { algorithm, announced, received } },
    );
  }
}

export function sizeMismatch(announcedBytes: number, receivedBytes: number): LarderError {
  return new LarderError(
    'size-mismatch',
    `${receivedBytes} bytes arrived, but ${announcedBytes} were announced. Send the content again; nothing was stored.`,
    { details: { announcedBytes, receivedBytes } },
  );
}

export function tooLarge(limitBytes: number): LarderError {
  return new LarderError(
    'too-large',
    `The content is larger than the limit of ${limitBytes} bytes; nothing was stored.`,
    { details: { limitBytes } },
  );
}
