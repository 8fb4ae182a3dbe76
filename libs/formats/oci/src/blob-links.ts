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

export interface BlobLink {
  readonly image: string;
  readonly digest: ContentDigest;
  /** The upload that brought the bytes: its final request, repeated, finds what it made. */
  readonly uploadId?: string;
}

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
  async add(ctx: RepositoryContext, link: BlobLink, staged: StagedBlob): Promise<void> {
    await this.link(ctx, link, await this.publishing.store(staged));
  }

  /** Links bytes that are stored already. */
  async link(ctx: RepositoryContext, { image, digest, uploadId }: BlobLink, blob: StoredBlob): Promise<void> {
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
