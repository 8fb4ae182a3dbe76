import { describe, expect, it } from '@jest/globals';
import { LarderError, silentLogger } from '#kernel';
import { patiently } from './patience.js';

function failing(times: number, code: 'unavailable' | 'conflict'): { step(): Promise<string>; calls(): number } {
  let calls = 0;
  return {
    calls: () => calls,
    async step() {
      if (++calls <= times) throw new LarderError(code, 'not now');
      return 'done';
    },
  };
}

describe('patiently', () => {
  it('repeats a step while the database does not answer', async () => {
    const { step, calls } = failing(2, 'unavailable');
    expect(await patiently(step, silentLogger)).toBe('done');
    expect(calls()).toBe(3);
  });

  it('does not repeat what fails for another reason', async () => {
    const { step, calls } = failing(1, 'conflict');
    await expect(patiently(step, silentLogger)).rejects.toMatchObject({ code: 'conflict' });
    expect(calls()).toBe(1);
  });

  it('gives up when its time is over', async () => {
    const { step } = failing(100, 'unavailable');
    await expect(patiently(step, silentLogger, 0)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
