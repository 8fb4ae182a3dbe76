import { Injectable } from '@nestjs/common';
import { Authorizer, likePattern } from '#access';
import type { StoredBlob } from '#blob';
import {
  CatalogReader,
  type FileRow,
  type PackageRow,
  type ReferenceRow,
  type StateRow,
  type TagRow,
  type VersionRow,
} from '#catalog';
import type { Digest } from '#kernel';
import { ContentCache } from './content-cache.js';
import type { RepositoryContext } from './context.js';

/** What a format may ask about the contents of the repository that it serves. Living rows only, unless a name says otherwise. */
@Injectable()
export class Contents {
  constructor(
    private readonly reader: CatalogReader,
    private readonly cache: ContentCache,
    private readonly authorizer: Authorizer,
  ) {}

  /** Undefined when nothing living is in it. Not cached: see `cached`. */
  package(ctx: RepositoryContext, name: string): Promise<PackageRow | undefined> {
    return this.reader.findPackage(ctx.repository.id, name);
  }

  /** Packages with a living version that the principal may read, by name in collation C, after `after`. */
  async packages(
    ctx: RepositoryContext,
    page: { after?: string; limit: number; prefix?: string },
  ): Promise<PackageRow[]> {
    const readable = this.authorizer.readableNames(ctx.principal, ctx.repository);
    const like = readable.all ? {} : { like: readable.patterns.map(likePattern) };
    return this.reader.listPackages(ctx.repository.id, { ...page, ...like });
  }

  versions(pkg: PackageRow): Promise<VersionRow[]> {
    return this.reader.versions(pkg.id);
  }

  version(pkg: PackageRow, text: string): Promise<VersionRow | undefined> {
    return this.reader.findVersion(pkg.id, text);
  }

  /** The tombstone, if the version was removed. */
  removedVersion(pkg: PackageRow, text: string): Promise<VersionRow | undefined> {
    return this.reader.findVersion(pkg.id, text, true);
  }

  tags(pkg: PackageRow): Promise<TagRow[]> {
    return this.reader.tags(pkg.id);
  }

  tag(pkg: PackageRow, name: string): Promise<TagRow | undefined> {
    return this.reader.findTag(pkg.id, name);
  }

  tagNames(pkg: PackageRow, page: { after?: string; limit: number }): Promise<string[]> {
    return this.reader.tagNames(pkg.id, page);
  }

  /** The states that hold now. */
  states(pkg: PackageRow): Promise<StateRow[]> {
    return this.reader.states(pkg.id);
  }

  files(pkg: PackageRow): Promise<FileRow[]> {
    return this.reader.files(pkg.id);
  }

  versionFiles(version: VersionRow): Promise<FileRow[]> {
    return this.reader.versionFiles(version.id);
  }

  /** Hot: held in memory per package. `scope` is the package's name. */
  file(ctx: RepositoryContext, scope: string, path: string): Promise<FileRow | undefined> {
    return this.cache.get(ctx.repository.id, scope, `file:${path}`, () =>
      this.reader.findFile(ctx.repository.id, path),
    );
  }

  /** The same, from the database: for a change that must not be refused for lack of what another process has added a moment ago. */
  fileNow(ctx: RepositoryContext, path: string): Promise<FileRow | undefined> {
    return this.reader.findFile(ctx.repository.id, path);
  }

  fragments(pkg: PackageRow, variant: string): Promise<{ version: VersionRow; body: string }[]> {
    return this.reader.fragments(pkg.id, variant);
  }

  /** One piece of one version: what only the latest version shows, such as a readme. */
  fragment(version: VersionRow, variant: string): Promise<string | undefined> {
    return this.reader.fragment(version.id, variant);
  }

  /** Versions with an edge of that relation to that digest (referrers: `subject`). */
  referencing(pkg: PackageRow, relation: string, digest: string): Promise<VersionRow[]> {
    return this.reader.referencing(pkg.id, relation, digest);
  }

  references(version: VersionRow): Promise<ReferenceRow[]> {
    return this.reader.references(version.id);
  }

  /** A blob row by digest, wherever it is referred to from. Callers check rights on what refers to it first. */
  blob(digest: Digest): Promise<StoredBlob | undefined> {
    return this.reader.findBlob(digest);
  }

  /**
   * Memory per package that is dropped when anything in the package changes; with the empty scope, when anything in the repository does. A value that also
   * changes by time says until when it holds (milliseconds since the epoch). Absence is remembered too.
   */
  cached<T>(
    ctx: RepositoryContext,
    at: { scope: string; key: string },
    load: () => Promise<T | undefined>,
    expiresAt: (value: T | undefined) => number | undefined = forGood,
  ): Promise<T | undefined> {
    return this.cache.getUntil(ctx.repository.id, at.scope, `value:${at.key}`, { load, expiresAt });
  }
}

function forGood(): undefined {
  return undefined;
}
