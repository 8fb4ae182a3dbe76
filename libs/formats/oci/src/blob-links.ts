import { Injectable } from '@nestjs/common';
import {
  Contents,
  Publishing,
  type FileRow,
  type RepositoryContext,
  type StagedBlob,
  type StoredBlob,
} from '#registry';
import { blobPath, type ContentDigest } from './names.js';

export const blobMediaType = 'application/octet-stream';

/**
 * A blob is readable in an image only when a file links it there: knowing a digest gives no access to content. Pushed as sha512, it is linked under its
 * sha256 too, so that both names work.
 */
@Injectable()
export class BlobLinks {
  constructor(
    private readonly publishing: Publishing,
    private readonly contents: Contents,
  ) {}

  find(ctx: RepositoryContext, image: string, digest: ContentDigest): Promise<FileRow | undefined> {
    return this.contents.file(ctx, image, blobPath(image, digest.text));
  }

  /** Stores the bytes and links them. A link that is there already is left as it is. */
  async add(
    ctx: RepositoryContext,
    image: string,
    digest: ContentDigest,
    staged: StagedBlob,
    uploadId?: string,
  ): Promise<void> {
    await this.link(ctx, image, digest, await this.publishing.store(staged), uploadId);
  }

  /** Links bytes that are stored already. */
  async link(
    ctx: RepositoryContext,
    image: string,
    digest: ContentDigest,
    blob: StoredBlob,
    uploadId?: string,
  ): Promise<void> {
    await this.publishing.release(ctx, {
      package: image,
      files: namesOf(digest, blob.digest).map(name => ({
        path: blobPath(image, name),
        blob,
        mediaType: blobMediaType,
        metadata: uploadId === undefined ? {} : { uploadId },
      })),
    });
  }
}

function namesOf(digest: ContentDigest, canonical: string): string[] {
  return [...new Set([digest.text, canonical])];
}
