import { Injectable } from '@nestjs/common';
import { Contents, Neighbours, type RepositoryContext, type RootContext } from '#registry';
import type { PageParams } from './route.js';
import { catalogReader } from './tokens.js';

@Injectable()
export class Catalog {
  constructor(
    private readonly neighbours: Neighbours,
    private readonly contents: Contents,
  ) {}

  /**
   * Names of the images that the principal may read, as `<repository>/<image>` in byte order, and whether more follow. Rights are part of the query, so a
   * page is full although others were left out.
   */
  async page(ctx: RootContext<PageParams>): Promise<{ names: string[]; more: boolean }> {
    const { limit, after } = ctx.params;
    const names: string[] = [];
    if (limit === 0) return { names, more: false };
    for (const repository of await this.repositories(ctx)) {
      const start = startWithin(repository.repository.name, after);
      if (start === 'skip') continue;
      const wanted = limit + 1 - names.length;
      const packages = await this.contents.packages(repository, {
        limit: wanted,
        ...(start !== undefined && { after: start }),
      });
      names.push(...packages.map(({ name }) => `${repository.repository.name}/${name}`));
      if (names.length > limit) break;
    }
    return { names: names.slice(0, limit), more: names.length > limit };
  }

  /** `a-b/x` stands before `a/x`, so repositories are walked in the order of their names with the slash. */
  private async repositories(ctx: RootContext): Promise<RepositoryContext[]> {
    const found = await this.neighbours.list(ctx, catalogReader(ctx.principal));
    return found.sort((a, b) => (`${a.repository.name}/` < `${b.repository.name}/` ? -1 : 1));
  }
}

/** Where a page begins inside a repository: after an image of it, at its start, or not at all. */
function startWithin(repository: string, after: string | undefined): string | undefined | 'skip' {
  if (after === undefined) return undefined;
  const prefix = `${repository}/`;
  if (after.startsWith(prefix)) return after.slice(prefix.length) || undefined;
  return prefix < after ? 'skip' : undefined;
}
