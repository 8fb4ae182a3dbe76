import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { makeDocument, sendBytes, sendDocument, type Document } from '#http';
import { LarderError } from '#kernel';
import { Contents, Gate, Indexes, type Computed, type IndexDefinition, type RepositoryContext } from '#registry';
import { Artifacts, snapshotFile } from './artifacts.js';
import { checksumHeaders, type ExpectedChecksums } from './checksum-comparison.js';
import { checksumAlgorithms, packageNameOf } from './coordinates.js';
import { visibleVersions, type Visible } from './lifecycle.js';
import {
  artifactMetadata,
  renderArtifactMetadata,
  renderSnapshotMetadata,
  snapshotMetadata,
  type ArtifactMetadata,
  type PluginEntry,
  type SnapshotMetadata,
} from './metadata.js';
import { pluginOf } from './package-metadata.js';
import type { MetadataParams } from './route.js';
import { mavenSettings } from './settings.js';

const mediaType = 'application/xml';
/** More plugins than any group has. */
const maxGroupMembers = 1000;
/** How long a client may take between a document and its checksum. */
const receivedMs = 60_000;

interface Snapshot {
  readonly groupId: string;
  readonly artifactId: string;
  readonly baseVersion: string;
}

/** Computes `maven-metadata.xml` at its three levels from the rows. What clients upload under these names is never served. */
@Injectable()
export class MetadataDocuments {
  private readonly checksums = new WeakMap<Document, ExpectedChecksums>();
  /** Which rendering a client received last, so that the checksum it asks for next is of those bytes although somebody published in between. */
  private readonly received = new LRUCache<string, ExpectedChecksums>({ max: 10_000, ttl: receivedMs });

  constructor(
    private readonly contents: Contents,
    private readonly indexes: Indexes,
    private readonly gate: Gate,
    private readonly artifacts: Artifacts,
  ) {}

  /** Sends the document, or the checksum of it that was asked for. @throws not-found when nothing is listed */
  async send(ctx: RepositoryContext<MetadataParams>, req: Request, res: Response): Promise<void> {
    const { checksum, path } = ctx.params;
    const key = [ctx.repository.id, ctx.principal.id, ctx.actor.sourceAddress, path].join(' ');
    const received = checksum === undefined ? undefined : this.received.get(key);
    const document = received ? undefined : await this.document(ctx);
    const checksums = received ?? this.checksumsOf(document!);
    const headers = checksumHeaders(checksums);
    if (checksum !== undefined) {
      const body = checksums[checksum]!;
      return sendBytes(req, res, {
        status: 200,
        body,
        mediaType: 'text/plain; charset=utf-8',
        headers: { 'Cache-Control': 'no-cache' },
      });
    }
    if (req.method === 'GET') this.received.set(key, checksums);
    sendDocument(req, res, document!, { headers });
  }

  private async document(ctx: RepositoryContext<MetadataParams>): Promise<Document> {
    const { snapshot, artifact, groupId } = ctx.params.readings;
    const found =
      (snapshot && (await this.optional(ctx, this.snapshotIndex(ctx, snapshot)))) ??
      (await this.groupOrArtifact(ctx, artifact, groupId));
    if (!found) throw new LarderError('not-found', `${ctx.repository.name} lists nothing under ${ctx.params.path}.`);
    return found;
  }

  /** The A-level and the G-level of one path. A group with plugins is rendered for each reader, because each may see other packages. */
  private async groupOrArtifact(
    ctx: RepositoryContext<MetadataParams>,
    artifact: { groupId: string; artifactId: string } | undefined,
    groupId: string | undefined,
  ): Promise<Document | undefined> {
    const plugins = groupId === undefined ? [] : await this.plugins(ctx, groupId);
    const name = artifact && packageNameOf(artifact);
    if (plugins.length === 0) {
      if (!artifact || name === undefined) return undefined;
      this.gate.authorize(ctx, 'read', { package: name });
      return this.optional(ctx, this.artifactIndex(ctx, artifact));
    }
    const own =
      artifact && this.gate.allows(ctx, 'read', { package: name! })
        ? await this.artifactIndex(ctx, artifact).compute()
        : undefined;
    return makeDocument(mediaType, renderArtifactMetadata({ artifact: own?.value, plugins }));
  }

  private artifactIndex(
    ctx: RepositoryContext,
    artifact: { groupId: string; artifactId: string },
  ): IndexDefinition<ArtifactMetadata> {
    const scope = packageNameOf(artifact);
    return {
      scope,
      variant: `artifact:${mavenSettings(ctx.repository.settings).versionPolicy}`,
      compute: async () => {
        const visible = await this.visible(ctx, scope);
        const shown =
          visible?.versions.map(view => ({ baseVersion: view.baseVersion, publishedAt: view.row.publishedAt })) ?? [];
        return described(artifactMetadata(artifact, shown), visible);
      },
      render: value => ({ mediaType, body: renderArtifactMetadata({ artifact: value, plugins: [] }) }),
    };
  }

  private snapshotIndex(ctx: RepositoryContext, snapshot: Snapshot): IndexDefinition<SnapshotMetadata> {
    const scope = packageNameOf(snapshot);
    return {
      scope,
      variant: `snapshot:${mavenSettings(ctx.repository.settings).versionPolicy}:${snapshot.baseVersion}`,
      compute: async () => {
        const visible = await this.visible(ctx, scope);
        const views = visible?.versions.filter(view => view.baseVersion === snapshot.baseVersion) ?? [];
        return described(
          snapshotMetadata(
            snapshot,
            views.flatMap(view => view.files.map(snapshotFile)),
          ),
          visible,
        );
      },
      render: value => ({ mediaType, body: renderSnapshotMetadata(value) }),
    };
  }

  private async visible(ctx: RepositoryContext, name: string): Promise<Visible | undefined> {
    const rows = await this.artifacts.rows(ctx, name);
    return rows && visibleVersions(rows, mavenSettings(ctx.repository.settings).versionPolicy, Date.now());
  }

  /** Plugins of a group among the packages that the principal may read. */
  private async plugins(ctx: RepositoryContext, groupId: string): Promise<PluginEntry[]> {
    const prefix = `${groupId}:`;
    const members = await this.contents.packages(ctx, { prefix, limit: maxGroupMembers });
    return members.flatMap(member => pluginOf(member.name.slice(prefix.length), member.metadata) ?? []);
  }

  private async optional<T>(ctx: RepositoryContext, index: IndexDefinition<T>): Promise<Document | undefined> {
    try {
      return await this.indexes.read(ctx, index);
    } catch (error) {
      if (error instanceof LarderError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  /** From the same bytes as the document, once for each rendering. */
  private checksumsOf(document: Document): ExpectedChecksums {
    const known = this.checksums.get(document);
    if (known) return known;
    const computed: ExpectedChecksums = {};
    for (const algorithm of checksumAlgorithms)
      computed[algorithm] = createHash(algorithm).update(document.body).digest('hex');
    this.checksums.set(document, computed);
    return computed;
  }
}

/** @throws not-found for what will be there by time alone: an absence that is returned would be kept until the next change */
function described<T>(value: T | undefined, visible: Visible | undefined): Computed<T> | undefined {
  if (visible === undefined) return undefined;
  if (value === undefined) {
    if (visible.settlesAt === undefined) return undefined;
    throw new LarderError('not-found', 'Nothing is listed here yet.');
  }
  const { changedAt: lastModified, settlesAt } = visible;
  return { value, lastModified, ...(settlesAt !== undefined && { expiresAt: settlesAt }) };
}
