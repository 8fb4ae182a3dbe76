import { Injectable } from '@nestjs/common';
import { Contents, Publishing, type FileRow, type RepositoryContext } from '#registry';
import { blobPath, type ContentDigest, type Reference } from './names.js';
import { blobUnknown, manifestUnknown } from './oci-error.js';

/** Distribution specification, "Content Management". Only links go; bytes are the collector's. */
@Injectable()
export class Removals {
  constructor(
    private readonly contents: Contents,
    private readonly publishing: Publishing,
  ) {}

  /** A tag alone, or a manifest with every tag that points at it. @throws not-found, tag-fixed, conflict while an index lists the manifest */
  async removeManifest(ctx: RepositoryContext, image: string, reference: Reference): Promise<void> {
    const pkg = await this.contents.package(ctx, image);
    if ('tag' in reference) {
      if (!pkg || !(await this.contents.tag(pkg, reference.tag))) throw manifestUnknown(image, reference.tag);
      return this.publishing.removeTag(ctx, image, reference.tag);
    }
    const digest = reference.digest.text;
    if (!pkg || !(await this.contents.version(pkg, digest))) throw manifestUnknown(image, digest);
    return this.publishing.removeVersion(ctx, image, digest);
  }

  /** Takes the blob out of this image, under each of its digests. @throws not-found, conflict while a manifest of the image names it */
  async removeBlob(ctx: RepositoryContext, image: string, digest: ContentDigest): Promise<void> {
    const pkg = await this.contents.package(ctx, image);
    const file = await this.contents.file(ctx, image, blobPath(image, digest.text));
    if (!pkg || !file) throw blobUnknown(image, digest.text);
    for (const name of aliasesOf(file, digest)) {
      const path = blobPath(image, name);
      if (await this.contents.file(ctx, image, path)) await this.publishing.removeFile(ctx, image, path);
    }
  }
}

function aliasesOf(file: FileRow, digest: ContentDigest): string[] {
  const sha512 = file.checksums.sha512;
  return [...new Set([digest.text, file.digest, ...(sha512 ? [`sha512:${sha512}`] : [])])];
}
