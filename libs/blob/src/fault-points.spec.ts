import { afterEach, describe, expect, it } from '@jest/globals';
import type { FaultPoint } from '#kernel';
import { closeWorkshops, freshBytes, noLimit, put, streamOf, workshop } from '../test/fixtures.js';

afterEach(closeWorkshops);

describe('The fault points', () => {
  const hook = Symbol.for('larder.fault-point');
  const holder = globalThis as Record<symbol, unknown>;
  afterEach(() => {
    delete holder[hook];
  });

  it('are passed in the order of the write path', async () => {
    const { store, uploads } = await workshop();
    const passed: FaultPoint[] = [];
    holder[hook] = (name: FaultPoint) => void passed.push(name);
    const bytes = freshBytes(10);
    await put(store, bytes);
    const staging = ['blob.staging-created', 'blob.staging-written', 'blob.staging-synced'];
    expect(passed.splice(0)).toEqual([...staging, 'blob.pinned', 'blob.linked', 'blob.stored']);
    await put(store, bytes);
    expect(passed.splice(0)).toEqual([...staging, 'blob.pinned', 'blob.stored']);
    await uploads.create('u1');
    await uploads.append('u1', 0, streamOf('x'), noLimit);
    expect(passed).toEqual(['upload.appended']);
  });

  it.each<FaultPoint>([
    'blob.staging-created',
    'blob.staging-written',
    'blob.staging-synced',
    'blob.pinned',
    'blob.linked',
    'blob.stored',
  ])('leave nothing in the staging folder when an error is thrown at %s', async point => {
    const { store, staging } = await workshop();
    holder[hook] = (name: FaultPoint) => {
      if (name === point) throw new Error('stopped here');
    };
    await expect(put(store, freshBytes(10))).rejects.toThrow('stopped here');
    expect(await staging()).toEqual([]);
  });
});
