import { Injectable } from '@nestjs/common';
import { LarderError } from '#kernel';
import type { Document } from '#http';
import { Contents, Indexes, type FileRow, type PackageRow, type RepositoryContext, type VersionRow } from '#registry';
import { fullType, abbreviatedType, type PackumentForm } from './accept.js';
import { canonicalVersion, tarballPath } from './names.js';
import {
  latestOf,
  renderPackument,
  renderVersion,
  tagMap,
  type PackumentParts,
  type PackumentVersion,
} from './packument.js';
import type { FileParams, PackageParams, VersionParams } from './route.js';

/** What clients read of a package: packuments, version documents, tags and tarballs. */
@Injectable()
export class PackageReader {
  constructor(
    private readonly contents: Contents,
    private readonly indexes: Indexes,
  ) {}

  /** Rendered once per revision and form; a publish changes the revision. @throws not-found */
  packument(ctx: RepositoryContext<PackageParams>, form: PackumentForm): Promise<Document> {
    const { name } = ctx.params;
    return this.indexes.read<PackumentParts>(ctx, {
      scope: name,
      variant: form,
      compute: async () => {
        const pkg = await this.contents.package(ctx, name);
        const parts = pkg && (await this.parts(pkg, form));
        return parts && parts.versions.length > 0 ? { value: parts, lastModified: parts.package.updatedAt } : undefined;
      },
      render: parts => ({
        mediaType: form === 'full' ? fullType : abbreviatedType,
        body: renderPackument(form, parts, ctx.baseUrl),
      }),
    });
  }

  /** The document of one version, by version or tag. @throws not-found */
  version(ctx: RepositoryContext<VersionParams>): Promise<Document> {
    const { name, selector } = ctx.params;
    return this.indexes.read<PackumentVersion>(ctx, {
      scope: name,
      variant: `version ${selector}`,
      compute: async () => {
        const pkg = await this.contents.package(ctx, name);
        const version = pkg && (await this.select(pkg, selector));
        const fragment = version && (await this.contents.fragment(version, 'full'));
        if (!pkg || !version || fragment === undefined) return undefined;
        const state = (await this.contents.states(pkg)).find(
          row => row.versionId === version.id && row.state === 'deprecated',
        );
        return { value: { version, fragment, deprecated: state?.reason }, lastModified: pkg.updatedAt };
      },
      render: entry => ({ mediaType: fullType, body: renderVersion(entry, ctx.baseUrl) }),
    });
  }

  /** @throws not-found for a package that has nothing living */
  async tags(ctx: RepositoryContext<PackageParams>): Promise<Record<string, string>> {
    const pkg = await this.contents.package(ctx, ctx.params.name);
    if (!pkg) throw new LarderError('not-found', 'Not found');
    return tagMap(await this.contents.tags(pkg));
  }

  /** The file is found by its stored name; the version comes from the row, never from the name. @throws not-found */
  async tarball(ctx: RepositoryContext<FileParams>): Promise<FileRow> {
    const { name, file } = ctx.params;
    const row = await this.contents.file(ctx, name, tarballPath(name, file));
    if (!row) throw new LarderError('not-found', `File not found: ${file}.`);
    return row;
  }

  private async parts(pkg: PackageRow, form: PackumentForm): Promise<PackumentParts> {
    const fragments = await this.contents.fragments(pkg, form);
    const tags = await this.contents.tags(pkg);
    const reasons = new Map<string, string>();
    for (const state of await this.contents.states(pkg)) {
      if (state.state === 'deprecated') reasons.set(state.versionId, state.reason);
    }
    const versions = fragments.map(({ version, body }) => ({
      version,
      fragment: body,
      deprecated: reasons.get(version.id),
    }));
    const readme = form === 'full' ? await this.readme(latestOf({ versions, tags })) : undefined;
    return { package: pkg, versions, tags, readme };
  }

  private async readme(version: VersionRow | undefined): Promise<PackumentParts['readme']> {
    const text = version && (await this.contents.fragment(version, 'readme'));
    return text === undefined ? undefined : (JSON.parse(text) as PackumentParts['readme']);
  }

  /** By exact text, then in canonical spelling, then without build metadata, then as a tag. */
  private async select(pkg: PackageRow, selector: string): Promise<VersionRow | undefined> {
    const canonical = canonicalVersion(selector);
    for (const text of new Set([selector, canonical, canonical?.split('+')[0]])) {
      const version = text === undefined ? undefined : await this.contents.version(pkg, text);
      if (version) return version;
    }
    const tag = await this.contents.tag(pkg, selector);
    return tag && this.contents.version(pkg, tag.version);
  }
}
