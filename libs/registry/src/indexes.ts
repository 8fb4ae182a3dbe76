import { Injectable } from '@nestjs/common';
import { CatalogReader } from '#catalog';
import { makeDocument, type Document } from '#http';
import { LarderError } from '#kernel';
import { ContentCache } from './content-cache.js';
import type { RepositoryContext } from './context.js';
import { nothingThere } from './gate.js';

/** What an index is computed from, and until when it holds. */
export interface Computed<T> {
  readonly value: T;
  readonly lastModified?: Date;
  /** Milliseconds since the epoch, for an index that changes by time alone. */
  readonly expiresAt?: number;
}

/**
 * An index as a format defines it: a pure function of catalog rows. `compute` reads them, `render` makes the bytes; they are apart so that other kinds of repository
 * can get the value elsewhere (an upstream, the members of a group) and still be rendered by the format.
 */
export interface IndexDefinition<T> {
  /** Package name; empty for an index over the whole repository. */
  readonly scope: string;
  /** Tells the renderings of one scope apart: `full`, `abbreviated`, `html`. */
  readonly variant: string;
  /** Undefined: there is no such thing. */
  compute(): Promise<Computed<T> | undefined>;
  render(value: T): { mediaType: string; body: Buffer | string };
}

interface Rendered {
  readonly document: Document;
  readonly expiresAt: number | undefined;
}

const mostAttempts = 3;

/** Serves indexes: rendered and compressed once per change of the package, then from memory. */
@Injectable()
export class Indexes {
  constructor(
    private readonly cache: ContentCache,
    private readonly reader: CatalogReader,
  ) {}

  /** @throws not-found when the definition computes nothing */
  async read<T>(ctx: RepositoryContext, index: IndexDefinition<T>): Promise<Document> {
    const rendered = await this.cache.getUntil(
      ctx.repository.id,
      index.scope,
      `index:${index.variant}:${ctx.baseUrl}`,
      {
        load: () => this.render(ctx.repository.id, index),
        expiresAt: present => present?.expiresAt,
      },
    );
    if (!rendered) {
      ctx.trace.add('resolve', 'missing', { scope: index.scope, variant: index.variant });
      throw new LarderError('not-found', nothingThere(ctx.target, ctx.repository.name));
    }
    return rendered.document;
  }

  private async render<T>(repositoryId: string, index: IndexDefinition<T>): Promise<Rendered | undefined> {
    const computed = await this.compute(repositoryId, index);
    if (!computed) return undefined;
    const { mediaType, body } = index.render(computed.value);
    return { document: await makeDocument(mediaType, body, computed.lastModified), expiresAt: computed.expiresAt };
  }

  /**
   * An index reads rows in several statements. When the package has changed between them it may name a version that it does not list, so it is computed
   * again; a package that changes all the time is given as it was read last, and changes again at once.
   */
  private async compute<T>(repositoryId: string, index: IndexDefinition<T>): Promise<Computed<T> | undefined> {
    for (let attempt = 1; ; attempt++) {
      const before = await this.revision(repositoryId, index.scope);
      const computed = await index.compute();
      if (attempt === mostAttempts || (await this.revision(repositoryId, index.scope)) === before) return computed;
    }
  }

  /** Undefined for a package with nothing living in it, and for an index over the whole repository. */
  private async revision(repositoryId: string, scope: string): Promise<number | undefined> {
    return scope === '' ? undefined : (await this.reader.findPackage(repositoryId, scope))?.revision;
  }
}
