import { Injectable } from '@nestjs/common';
import { LarderError } from '#kernel';
import { Contents, Publishing, type PackageRow, type RepositoryContext } from '#registry';
import { asObject, asText, type JsonObject } from './manifest-fields.js';
import { preferredLatest, sortVersions, tarballPath } from './names.js';
import { revisionOf } from './packument.js';
import { readDeprecations, requireSameName } from './publish-claim.js';
import type { FileParams, PackageParams, RevisionParams, TagParams } from './route.js';

/** Changes to what has been published: deprecation, tags, unpublish. */
@Injectable()
export class PackageChanges {
  constructor(
    private readonly contents: Contents,
    private readonly publishing: Publishing,
  ) {}

  /**
   * Sets and clears the deprecation of each version that the document names and that is there; every other difference is ignored, because
   * the client sends back a document that it read some time ago (guide, section 8).
   * @returns the package's revision afterwards
   */
  async deprecate(ctx: RepositoryContext<PackageParams>, document: JsonObject): Promise<string> {
    const { name } = ctx.params;
    requireSameName(name, document.name);
    if (!asObject(document.versions)) {
      throw new LarderError('invalid-request', 'Only publishing and deprecating can change a package document.');
    }
    const wanted = readDeprecations(document);
    const pkg = await this.existing(ctx, name);
    const states = (await this.contents.states(pkg)).filter(row => row.state === 'deprecated');
    const present = new Map(states.map(row => [row.versionId, row.reason]));
    for (const version of await this.contents.versions(pkg)) {
      if (!wanted.has(version.text) || wanted.get(version.text) === present.get(version.id)) continue;
      const reason = wanted.get(version.text) ?? null;
      await this.publishing.setState(ctx, name, { version: version.text, state: 'deprecated', reason });
    }
    return revisionOf(await this.existing(ctx, name));
  }

  /** @throws not-found for an unknown version, tag-fixed, tag-guarded */
  async setTag(ctx: RepositoryContext<TagParams>, version: string): Promise<void> {
    const { name, tag } = ctx.params;
    const pkg = await this.existing(ctx, name);
    if (!(await this.contents.version(pkg, version)))
      throw new LarderError('not-found', `version not found: ${version.slice(0, 256)}`);
    await this.publishing.moveTag(ctx, name, tag, version);
  }

  /** @throws policy-denied for `latest`, without which yarn and pnpm fail; not-found for a missing tag */
  async removeTag(ctx: RepositoryContext<TagParams>): Promise<void> {
    const { name, tag } = ctx.params;
    if (tag === 'latest') {
      throw new LarderError('policy-denied', 'Cannot remove the "latest" tag. Point it to another version instead.', {
        rule: 'npm-latest',
      });
    }
    await this.publishing.removeTag(ctx, name, tag);
  }

  /**
   * `npm unpublish name@version`: the client sends the document back without that version. The versions that are missing in it are
   * removed, and `latest` goes first to the highest stable version that stays, so that the package is never without it.
   * @throws conflict when the document is not the current one, invalid-request for a version that was never there
   */
  async removeVersions(ctx: RepositoryContext<RevisionParams>, document: JsonObject): Promise<string> {
    const { name } = ctx.params;
    requireSameName(name, document.name);
    const versions = asObject(document.versions);
    // `npm owner` sends only maintainers here: that must not be read as a document without versions.
    if (!versions)
      throw new LarderError('invalid-request', 'Only versions can be removed here. Owners are managed as grants.');
    const kept = new Set(Object.keys(versions));
    const pkg = await this.current(ctx, document);
    const present = (await this.contents.versions(pkg)).map(version => version.text);
    const removed = present.filter(text => !kept.has(text));
    const unknown = [...kept].find(text => !present.includes(text));
    if (unknown !== undefined)
      throw new LarderError('invalid-request', `Version ${unknown.slice(0, 80)} is new; publish it with npm publish.`);
    if (removed.length === present.length) {
      await this.publishing.removePackage(ctx, name);
      return revisionOf(pkg);
    }
    await this.moveLatest(ctx, pkg, {
      remaining: present.filter(text => kept.has(text)),
      wanted: wantedLatest(document),
    });
    for (const text of removed) await this.publishing.removeVersion(ctx, name, text);
    return revisionOf(await this.existing(ctx, name));
  }

  /** `npm unpublish --force`, or of the only version. @throws conflict, not-found */
  async removePackage(ctx: RepositoryContext<RevisionParams>): Promise<void> {
    await this.current(ctx, {});
    await this.publishing.removePackage(ctx, ctx.params.name);
  }

  /**
   * The last request of an unpublish. The tarball went with its version, so there is nothing left to do; a file that is still needed by its
   * version is not taken away from under it.
   * @throws not-found, conflict
   */
  async removeTarball(ctx: RepositoryContext<FileParams>): Promise<void> {
    const { name, file } = ctx.params;
    await this.existing(ctx, name);
    if (await this.contents.file(ctx, name, tarballPath(name, file))) {
      throw new LarderError(
        'conflict',
        `${file} belongs to a version that is still there. Unpublish the version: npm unpublish ${name}@<version>.`,
      );
    }
  }

  private async moveLatest(
    ctx: RepositoryContext<RevisionParams>,
    pkg: PackageRow,
    choice: { remaining: readonly string[]; wanted: string | undefined },
  ): Promise<void> {
    const latest = await this.contents.tag(pkg, 'latest');
    if (latest && choice.remaining.includes(latest.version)) return;
    const next =
      choice.wanted !== undefined && choice.remaining.includes(choice.wanted)
        ? choice.wanted
        : preferredLatest(sortVersions(choice.remaining, text => text));
    if (next !== undefined) await this.publishing.moveTag(ctx, pkg.name, 'latest', next);
  }

  private async current(ctx: RepositoryContext<RevisionParams>, document: JsonObject): Promise<PackageRow> {
    const pkg = await this.existing(ctx, ctx.params.name);
    for (const revision of [ctx.params.revision, asText(document._rev)]) {
      if (revision !== undefined && revision !== revisionOf(pkg)) {
        throw new LarderError(
          'conflict',
          'Document update conflict. The package has changed since it was read; try again.',
        );
      }
    }
    return pkg;
  }

  private async existing(ctx: RepositoryContext, name: string): Promise<PackageRow> {
    const pkg = await this.contents.package(ctx, name);
    if (!pkg) throw new LarderError('not-found', 'Not found');
    return pkg;
  }
}

function wantedLatest(document: JsonObject): string | undefined {
  return asText(asObject(document['dist-tags'])?.latest);
}
