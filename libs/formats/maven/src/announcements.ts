import type { Request } from 'express';
import { Injectable } from '@nestjs/common';
import { readBody } from '#http';
import { Contents, Gate, Publishing, type RepositoryContext } from '#registry';
import { packageNameOf } from './coordinates.js';
import type { PluginEntry } from './metadata.js';
import { metadataLimitBytes, parseMetadataUpload } from './metadata-upload.js';
import { refuseByVersionPolicy } from './path-policy.js';
import { quarantineOf } from './quarantine.js';
import type { MetadataParams } from './route.js';

/**
 * A client's metadata document is the last thing that it uploads, so it says that a version is complete. What it says is checked and heard;
 * the document is dropped, because two clients that write it at once would lose one version.
 */
@Injectable()
export class Announcements {
  constructor(
    private readonly contents: Contents,
    private readonly publishing: Publishing,
    private readonly gate: Gate,
  ) {}

  /**
   * Seals the versions of the A-level, or the builds of the V-level, that this principal deployed. Others, and versions that are not here, are
   * ignored: mirroring tools upload metadata of other repositories.
   * @throws invalid-version, invalid-package, too-large, forbidden
   */
  async accept(ctx: RepositoryContext<MetadataParams>, req: Request): Promise<void> {
    const { readings } = ctx.params;
    if (readings.snapshot) refuseByVersionPolicy(ctx, readings.snapshot.baseVersion);
    const announced = await parseMetadataUpload(await readBody(req, metadataLimitBytes), readings);
    if (readings.groupId !== undefined && announced.plugins.length > 0)
      return this.rememberPrefixes(ctx, readings.groupId, announced.plugins);
    if (readings.snapshot) return this.seal(ctx, packageNameOf(readings.snapshot), announced.builds);
    if (readings.artifact) return this.seal(ctx, packageNameOf(readings.artifact), announced.versions);
  }

  private async seal(ctx: RepositoryContext, name: string, texts: ReadonlySet<string>): Promise<void> {
    this.gate.authorize(ctx, 'publish', { package: name });
    const pkg = await this.contents.package(ctx, name);
    if (!pkg) return;
    const [versions, states] = await Promise.all([this.contents.versions(pkg), this.contents.states(pkg)]);
    const finished = versions.filter(
      version =>
        texts.has(version.text) &&
        version.sealedAt === null &&
        version.publisherId === ctx.principal.id &&
        quarantineOf(states, version.id) === undefined,
    );
    if (finished.length > 0)
      await this.publishing.seal(
        ctx,
        name,
        finished.map(version => version.text),
      );
  }

  /** The plugin's own metadata knows its prefix better than its name does. Only plugins that are here are taken. */
  private async rememberPrefixes(
    ctx: RepositoryContext,
    groupId: string,
    plugins: readonly PluginEntry[],
  ): Promise<void> {
    for (const { artifactId, name, prefix } of plugins) {
      const packageName = packageNameOf({ groupId, artifactId });
      const pkg = await this.contents.package(ctx, packageName);
      if (pkg?.metadata['packaging'] !== 'maven-plugin' || !this.gate.allows(ctx, 'publish', { package: packageName }))
        continue;
      const known = pkg.metadata['plugin'] as { name?: unknown; prefix?: unknown } | undefined;
      if (known?.prefix === prefix && known.name === name) continue;
      await this.publishing.setPackageMetadata(ctx, packageName, { plugin: { name, prefix } });
    }
  }
}
