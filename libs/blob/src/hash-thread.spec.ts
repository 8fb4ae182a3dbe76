import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { freshBytes } from '../test/fixtures.js';
import { HashThread, slotBytes } from './hash-thread.js';

describe('HashThread', () => {
  it('computes many digests at once, more than there are slots of shared memory', async () => {
    const thread = new HashThread();
    const contents = Array.from({ length: 40 }, () => freshBytes(slotBytes * 2 + 5));
    const digests = contents.map(async bytes => {
      const hash = thread.begin();
      for (let at = 0; at < bytes.length; at += slotBytes) await hash.update(bytes.subarray(at, at + slotBytes));
      return hash.end();
    });
    expect(await Promise.all(digests)).toEqual(contents.map(bytes => createHash('sha256').update(bytes).digest('hex')));
  });

  it('takes a copy, so that the memory of a piece may be used again', async () => {
    const hash = new HashThread().begin();
    const memory = Buffer.from('one');
    await hash.update(memory);
    memory.write('two');
    await hash.update(memory);
    expect(await hash.end()).toBe(createHash('sha256').update('onetwo').digest('hex'));
  });

  it('fails those who wait when the thread dies, and serves the next with a new one', async () => {
    const thread = new HashThread();
    const waiting = [
      thread.order({ id: -1, piece: 5 as unknown as Uint8Array }),
      thread.begin().update(Buffer.from('x')),
    ];
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.map(outcome => outcome.status)).toEqual(['rejected', 'rejected']);
    const hash = thread.begin();
    await hash.update(Buffer.from('after'));
    expect(await hash.end()).toBe(createHash('sha256').update('after').digest('hex'));
  });
});
