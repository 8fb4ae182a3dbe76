import { createHash } from 'node:crypto';
import { afterEach, expect } from '@jest/globals';
import type { Transfer } from '../src/transfer-contract.js';
import { FileSink } from './file-sink.js';

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
export const KiB = 1024;
/** Resumes without waiting. */
export const atOnce = { pauseMs: () => 0 };
/** The sinks of the running test. */
export const sinks: FileSink[] = [];

afterEach(() => {
  // Every test ends with its files let go.
  for (const sink of sinks.splice(0)) expect(sink.calls.filter(call => call === 'close')).toHaveLength(1);
});

/** Opens sinks that `sinks` remembers. */
export function sinkFor(expected?: string): () => Promise<FileSink> {
  return async () => {
    const sink = await FileSink.open(expected);
    sinks.push(sink);
    return sink;
  };
}

/** Resolves when every sink was let go. */
export async function closed(): Promise<void> {
  while (sinks.some(sink => !sink.calls.includes('close'))) await new Promise(resolve => setImmediate(resolve));
}

export async function finishedAndClosed<T>(transfer: Transfer<T>): Promise<T> {
  try {
    return await transfer.finished;
  } finally {
    transfer.release();
    await closed();
  }
}
