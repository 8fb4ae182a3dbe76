import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Packages, Repositories } from '#catalog';
import { startTestServer, type TestServer } from '#testing';
import type { RepositoryContext } from './context.js';
import { Indexes } from './indexes.js';

describe('an index', () => {
  let server: TestServer;
  let ctx: RepositoryContext;
  beforeAll(async () => {
    server = await startTestServer();
    await server.createRepository('files', 'raw');
    const repository = await server.app.get(Repositories).find('files');
    ctx = {
      repository,
      baseUrl: server.url,
      target: {},
      trace: { add: () => undefined },
    } as unknown as RepositoryContext;
  });
  afterAll(() => server.stop());

  function change(name: string): Promise<number> {
    const packages = server.app.get(Packages);
    return server.database.transaction(async tx => {
      const row = await packages.lockOrCreate(tx, ctx.repository.id, name, name);
      return (await packages.changed(tx, row, { files: 1, versions: 0 })).revision;
    });
  }

  /** Its value is what it read first and last; a package that changes in between shows in it. */
  async function readWhileChanging(name: string, changes: number): Promise<string> {
    let revision = await change(name);
    const document = await server.app.get(Indexes).read(ctx, {
      scope: name,
      variant: 'first and last',
      compute: async () => {
        const first = revision;
        if (changes-- > 0) revision = await change(name);
        return { value: first === revision ? 'whole' : 'torn' };
      },
      render: body => ({ mediaType: 'text/plain', body }),
    });
    return document.body.toString();
  }

  it('is computed again when its package changes between two of its reads', async () => {
    expect(await readWhileChanging('changing-once', 1)).toBe('whole');
  });

  it('is given as it is when its package never comes to rest', async () => {
    expect(await readWhileChanging('changing-always', Infinity)).toBe('torn');
  });

  it('is not there when it computes nothing', async () => {
    const reading = server.app.get(Indexes).read(ctx, {
      scope: 'nothing',
      variant: 'none',
      compute: async () => undefined,
      render: () => ({ mediaType: 'text/plain', body: '' }),
    });
    await expect(reading).rejects.toMatchObject({ code: 'not-found' });
  });
});
