import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { takeDataFolder } from './data-folder.js';
import { runtimeProblem } from './runtime.js';

describe('takeDataFolder', () => {
  let parent: string;
  let path: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'larder-lock-'));
    path = join(parent, 'data');
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('makes the folder for its owner only and can be taken again after release', async () => {
    const folder = await takeDataFolder(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    await folder.release();
    await (await takeDataFolder(path)).release();
    expect(await readdir(path)).toEqual([]);
  });

  it('refuses a second server and says which process has it and what to do', async () => {
    const folder = await takeDataFolder(path);
    await expect(takeDataFolder(path)).rejects.toThrow(
      new RegExp(`process ${process.pid}\\) is using the data folder .* LARDER_DATA_DIR`),
    );
    await folder.release();
  });

  it.each([
    ['a process that is gone', '999999999 1 x\n'],
    ['a process of another life with the same id', `${process.pid} 1 x\n`],
    ['nothing legible', 'rubbish'],
  ])('takes over the lock of %s', async (_what, content) => {
    await (await takeDataFolder(path)).release();
    await writeFile(join(path, 'lock'), content);
    await (await takeDataFolder(path)).release();
  });

  it('gives it to exactly one of many who find it stale at once', async () => {
    await (await takeDataFolder(path)).release();
    await writeFile(join(path, 'lock'), '999999999 1 x\n');
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => takeDataFolder(path)));
    expect(outcomes.filter(outcome => outcome.status === 'fulfilled')).toHaveLength(1);
  });
});

describe('runtimeProblem', () => {
  it('says what to do on an old Node.js and nothing on a new one', () => {
    expect(runtimeProblem('20.20.2')).toMatch(/needs Node.js 24 or newer.*npm ci/);
    expect(runtimeProblem('26.10.0')).toBeUndefined();
  });
});
