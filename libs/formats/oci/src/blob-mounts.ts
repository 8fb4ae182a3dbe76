import { Injectable } from '@nestjs/common';
import { Gate, Neighbours, type FileRow, type RepositoryContext } from '#registry';
import { BlobLinks } from './blob-links.js';
import type { ContentDigest } from './names.js';
import type { StartUploadParams } from './route.js';
import { splitName } from './token-scope.js';

@Injectable()
export class BlobMounts {
  constructor(
    private readonly neighbours: Neighbours,
    private readonly gate: Gate,
    private readonly links: BlobLinks,
  ) {}

  /**
   * Distribution specification, "Mounting a blob from another repository": links the bytes without moving them. False whenever that cannot be, for
   * whatever reason: the client then uploads, and learns nothing about the source.
   */
  async mount(ctx: RepositoryContext<StartUploadParams>, digest: ContentDigest): Promise<boolean> {
    const file = await this.findSource(ctx, digest);
    if (!file) return false;
    const blob = { id: file.blobId, digest: file.digest, sizeBytes: file.sizeBytes, checksums: file.checksums };
    await this.links.link(ctx, { image: ctx.params.image, digest }, blob);
    return true;
  }

  private async findSource(
    ctx: RepositoryContext<StartUploadParams>,
    digest: ContentDigest,
  ): Promise<FileRow | undefined> {
    const from = splitName(ctx.params.from ?? '');
    const source = from && (await this.neighbours.find(ctx, from.repository, { target: { package: from.image } }));
    if (!source || !from || !this.gate.allows(source, 'read')) return undefined;
    return this.links.find(source, from.image, digest);
  }
}
