import { Injectable } from '@nestjs/common';
import { Contents, type PackageRow, type RepositoryContext, type VersionRow } from '#registry';
import { fallbackTagOf, type ContentDigest } from './names.js';
import type { ManifestMetadata } from './manifest.js';
import { referrerOf, sortReferrers, type Referrer } from './referrers.js';

@Injectable()
export class ReferrerLists {
  constructor(private readonly contents: Contents) {}

  /** Every manifest of the image whose subject this digest is, sorted; empty for an unknown image or subject. */
  async list(ctx: RepositoryContext, image: string, subject: ContentDigest): Promise<readonly Referrer[]> {
    const pkg = await this.contents.package(ctx, image);
    if (!pkg) return [];
    const load = () => this.load(pkg, subject);
    return (await this.contents.cached(ctx, { scope: image, key: `referrers:${subject.text}` }, load)) ?? [];
  }

  private async load(pkg: PackageRow, subject: ContentDigest): Promise<readonly Referrer[]> {
    const versions = [
      ...(await this.contents.referencing(pkg, 'subject', subject.text)),
      ...(await this.fromFallbackTag(pkg, subject)),
    ];
    return sortReferrers(
      versions.map(version => referrerOf(version.text, version.metadata as unknown as ManifestMetadata)),
    );
  }

  /** What clients listed under the fallback tag while the registry had no referrers API must be listed here too (distribution specification). */
  private async fromFallbackTag(pkg: PackageRow, subject: ContentDigest): Promise<VersionRow[]> {
    const tag = await this.contents.tag(pkg, fallbackTagOf(subject));
    const index = tag && (await this.contents.version(pkg, tag.version));
    if (!index) return [];
    const versions: VersionRow[] = [];
    for (const { relation, digest } of await this.contents.references(index)) {
      const version = relation === 'child' ? await this.contents.version(pkg, digest) : undefined;
      if (version) versions.push(version);
    }
    return versions;
  }
}
