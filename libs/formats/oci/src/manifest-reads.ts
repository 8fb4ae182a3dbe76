import { Injectable } from '@nestjs/common';
import { Contents, Files, type FileRow, type RepositoryContext } from '#registry';
import { manifestPath, referenceText, type Reference } from './names.js';
import { maxManifestBytes } from './manifest.js';
import { manifestUnknown } from './oci-error.js';

/** A manifest as it goes out. */
export interface ServedManifest {
  readonly body: Buffer;
  /** The digest under which it was pushed. */
  readonly digest: string;
  readonly mediaType: string;
  readonly versionId: string | null;
}

/** Held in memory until something in the image changes; larger bytes are read again each time. */
interface Found {
  readonly file: FileRow;
  readonly digest: string;
  readonly body: Buffer | undefined;
}
const largestInMemory = 64 * 1024;

@Injectable()
export class ManifestReads {
  constructor(
    private readonly contents: Contents,
    private readonly files: Files,
  ) {}

  /** @throws not-found (`MANIFEST_UNKNOWN`), also when the image does not exist: clients ask for tags before the first push */
  async get(ctx: RepositoryContext, image: string, reference: Reference): Promise<ServedManifest> {
    const text = referenceText(reference);
    const found = await this.contents.cached(ctx, { scope: image, key: `manifest:${text}` }, () =>
      this.find(ctx, image, reference),
    );
    if (!found) throw manifestUnknown(image, text);
    const { file, digest } = found;
    return {
      body: found.body ?? (await this.read(file)),
      digest,
      mediaType: file.mediaType,
      versionId: file.versionId,
    };
  }

  private async find(ctx: RepositoryContext, image: string, reference: Reference): Promise<Found | undefined> {
    const digest = 'tag' in reference ? await this.digestOfTag(ctx, image, reference.tag) : reference.digest.text;
    const file = digest === undefined ? undefined : await this.contents.file(ctx, image, manifestPath(image, digest));
    if (!file || digest === undefined) return undefined;
    return { file, digest, body: file.sizeBytes <= largestInMemory ? await this.read(file) : undefined };
  }

  private read(file: FileRow): Promise<Buffer> {
    return this.files.read(file, maxManifestBytes);
  }

  private async digestOfTag(ctx: RepositoryContext, image: string, tag: string): Promise<string | undefined> {
    const pkg = await this.contents.package(ctx, image);
    return pkg && (await this.contents.tag(pkg, tag))?.version;
  }
}
