import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LarderError } from '#kernel';
import {
  Contents,
  Publishing,
  type DraftReference,
  type FileRow,
  type RepositoryContext,
  type StoredBlob,
} from '#registry';
import { manifestPath, blobPath, type ContentDigest, type Reference } from './names.js';
import { maxManifestBytes, metadataOf, needsOf, parseManifest, type Manifest, type Need } from './manifest.js';
import { manifestBlobUnknown, ociError, type MissingObject } from './oci-error.js';
import type { ManifestParams } from './route.js';

export interface PushedManifest {
  readonly digest: string;
  readonly subject: string | undefined;
  readonly warnings: readonly string[];
}

@Injectable()
export class ManifestPushes {
  constructor(
    private readonly publishing: Publishing,
    private readonly contents: Contents,
  ) {}

  /**
   * Distribution specification, "Pushing Manifests". The bytes are kept as they came. The same manifest under the same tag again succeeds and
   * changes nothing.
   * @throws digest-mismatch, invalid-package, unknown-reference, size-mismatch, tag-fixed, tag-guarded
   */
  async push(
    ctx: RepositoryContext<ManifestParams>,
    bytes: Buffer,
    contentType: string | undefined,
  ): Promise<PushedManifest> {
    const { image, reference, tags } = ctx.params;
    const digest = identify(bytes, reference);
    const manifest = parseManifest(bytes, contentType);
    const references = await this.resolve(ctx, manifest);
    const blob = await this.store(ctx, bytes);
    await this.publishing.release(ctx, {
      package: image,
      version: {
        text: digest,
        metadata: { ...metadataOf(manifest, bytes.length) },
        whenPresent: 'join',
        whenRemoved: 'revive',
      },
      files: [{ path: manifestPath(image, digest), blob, mediaType: manifest.mediaType }],
      references,
      tags: tags.map(name => ({ name })),
    });
    return { digest, subject: manifest.subject?.digest.text, warnings: manifest.warnings };
  }

  /** Everything that the manifest names must be in this image, whatever other images have; a subject and foreign layers may be missing. */
  private async resolve(ctx: RepositoryContext<ManifestParams>, manifest: Manifest): Promise<DraftReference[]> {
    const sparse = ctx.repository.settings['sparseManifests'] === true;
    const missing: MissingObject[] = [];
    const references = new Map<string, DraftReference>();
    for (const need of needsOf(manifest)) {
      const file = need.relation === 'subject' ? undefined : await this.find(ctx, need);
      if (!file && !need.optional && !(sparse && need.relation !== 'config'))
        missing.push({ digest: need.digest, relation: need.relation });
      if (file && file.sizeBytes !== need.sizeBytes) throw wrongSize(need, file);
      references.set(`${need.relation} ${need.digest}`, {
        relation: need.relation,
        digest: need.digest,
        ...(file && { blobId: file.blobId }),
      });
    }
    if (missing.length > 0) throw manifestBlobUnknown(missing);
    return [...references.values()];
  }

  /**
   * Children are manifests; build caches of older clients also list layer blobs in an index. A client goes on to the manifest the moment its last blob
   * is acknowledged, maybe to another process that still remembers the blob as missing: so absence is believed only of the database.
   */
  private async find(ctx: RepositoryContext<ManifestParams>, need: Need): Promise<FileRow | undefined> {
    const { image } = ctx.params;
    const paths = [
      ...(need.relation === 'child' ? [manifestPath(image, need.digest)] : []),
      blobPath(image, need.digest),
    ];
    for (const path of paths) {
      const file = (await this.contents.file(ctx, image, path)) ?? (await this.contents.fileNow(ctx, path));
      if (file) return file;
    }
    return undefined;
  }

  private async store(ctx: RepositoryContext, bytes: Buffer): Promise<StoredBlob> {
    const staged = await this.publishing.stage(ctx, chunks(bytes), { limitBytes: maxManifestBytes });
    return this.publishing.store(staged);
  }
}

/** By tag a manifest is named by its sha256; by digest it must be what the URL says. */
function identify(bytes: Buffer, reference: Reference): string {
  const announced: ContentDigest | undefined = 'digest' in reference ? reference.digest : undefined;
  const algorithm = announced?.algorithm ?? 'sha256';
  const hex = createHash(algorithm).update(bytes).digest('hex');
  if (announced && announced.hex !== hex) {
    throw new LarderError(
      'digest-mismatch',
      `The manifest's digest is ${algorithm}:${hex}, not the ${announced.text} of the address.`,
    );
  }
  return `${algorithm}:${hex}`;
}

function wrongSize(need: Need, file: FileRow): LarderError {
  return ociError(
    'size-mismatch',
    'SIZE_INVALID',
    `The manifest says that the ${need.relation} ${need.digest} has ${need.sizeBytes} bytes; it has ${file.sizeBytes}.`,
    { digest: need.digest, sizeBytes: file.sizeBytes },
  );
}

async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
