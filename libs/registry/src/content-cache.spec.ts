import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packageTopic } from '#catalog';
import { createTestDatabase, type TestDatabase } from '#testing';
import { ContentCache } from './content-cache.js';

let test: TestDatabase;
let cache: ContentCache;
beforeAll(async () => {
  test = await createTestDatabase();
  cache = new ContentCache(test.database);
});
afterAll(() => test.stop());

/** Loads 1, 2, 3 …: the value tells how often it was loaded. */
function counting(): () => Promise<number> {
  let loaded = 0;
  return async () => ++loaded;
}

const change = (payload: string): Promise<void> =>
  test.database.transaction(async tx => tx.notify(packageTopic, payload));

describe('the memory of a package', () => {
  it('loads once, until something in the package changes', async () => {
    const load = counting();
    const read = () => cache.get('1', 'left', 'key', load);
    expect(await Promise.all([read(), read()])).toEqual([1, 1]);
    await change('1:right');
    expect(await read()).toBe(1);
    await change('1:left');
    expect(await read()).toBe(2);
  });

  it('drops what is known of the repository when any of its packages changes', async () => {
    const load = counting();
    await cache.get('2', '', 'list', load);
    await change('2:any');
    expect(await cache.get('2', '', 'list', load)).toBe(2);
  });

  it('never finds again what began to load before a change', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const early = cache.get('3', 'name', 'key', () => promise);
    await change('3:name');
    resolve('old');
    expect(await early).toBe('old');
    expect(await cache.get('3', 'name', 'key', async () => 'new')).toBe('new');
  });

  it('forgets a failure', async () => {
    await expect(cache.get('4', 'name', 'key', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await cache.get('4', 'name', 'key', async () => 'yes')).toBe('yes');
  });

  it('loads a value again once its moment has passed, for all who ask at that time', async () => {
    const load = counting();
    const read = () => cache.getUntil('5', 'name', 'key', { load, expiresAt: n => (n === 1 ? Date.now() : undefined) });
    await cache.get('5', 'name', 'key', load);
    expect(await Promise.all([read(), read(), read()])).toEqual([2, 2, 2]);
    expect(await read()).toBe(2);
  });

  it('goes on remembering after thousands of other things were asked for', async () => {
    for (let i = 0; i < 5_000; i++) await cache.get('6', 'name', `missing ${i}`, async () => undefined);
    const load = counting();
    const read = () => cache.get('6', 'name', 'present', load);
    expect([await read(), await read()]).toEqual([1, 1]);
  });
});
