import type { Request } from 'express';
import { Injectable } from '@nestjs/common';
import { LarderError, isLarderError } from '#kernel';
import { Publishing, Uploads, type RepositoryContext, type UploadRow } from '#registry';
import { BlobLinks } from './blob-links.js';
import type { ContentDigest } from './names.js';
import { ociError } from './oci-error.js';
import type { StartUploadParams, UploadParams } from './route.js';
import { parseChunkRange, type ChunkRange } from './wire.js';

/** 50 GiB, and 5 GiB for one chunk. */
const maxBlobBytes = 50 * 1024 ** 3;
/** A commit whose answer was lost may be repeated for so long. */
const repeatMs = 10 * 60_000;

/** Distribution specification, "Pushing blobs". Every way ends in the same commit: bytes complete, digest compared, stored, linked. */
@Injectable()
export class BlobUploads {
  constructor(
    private readonly uploads: Uploads,
    private readonly publishing: Publishing,
    private readonly links: BlobLinks,
  ) {}

  start(ctx: RepositoryContext<StartUploadParams>): Promise<UploadRow> {
    return this.uploads.start(ctx, ctx.params.image);
  }

  /** The whole blob in one request. @throws digest-mismatch, too-large: nothing remains */
  async pushWhole(ctx: RepositoryContext<StartUploadParams>, digest: ContentDigest, body: Request): Promise<void> {
    const staged = await this.publishing.stage(ctx, body, {
      limitBytes: maxBlobBytes,
      ...digesting(digest),
      signal: ctx.signal,
    });
    await this.links.add(ctx, { image: ctx.params.image, digest }, staged);
  }

  status(ctx: RepositoryContext<UploadParams>): Promise<UploadRow> {
    return this.uploads.find(ctx, ctx.params.image, ctx.params.uploadId);
  }

  async cancel(ctx: RepositoryContext<UploadParams>): Promise<void> {
    await this.uploads.cancel(ctx, await this.status(ctx));
  }

  /**
   * Appends a chunk where the upload stands. Without `Content-Range` the body simply goes on (docker); with one it must begin exactly there.
   * @throws upload-offset, size-mismatch, invalid-request: the upload is unharmed
   */
  async append(ctx: RepositoryContext<UploadParams>, body: Request): Promise<UploadRow> {
    const upload = await this.status(ctx);
    const range = chunkRangeOf(body);
    if (range && range.start !== upload.offsetBytes) throw outOfOrder(upload);
    try {
      return await this.uploads.append(ctx, upload, body, {
        limitBytes: maxBlobBytes,
        ...(range && { expectedStart: range.start }),
      });
    } catch (error) {
      // Another request is writing: the client is told where this one would have had to begin.
      throw isLarderError(error, 'upload-offset') ? outOfOrder(upload) : error;
    }
  }

  /** The last chunk may come with the commit. @throws digest-mismatch: the upload is gone, and the client begins anew */
  async commit(ctx: RepositoryContext<UploadParams>, digest: ContentDigest, body: Request): Promise<void> {
    try {
      const upload = hasBody(body) ? await this.append(ctx, body) : await this.status(ctx);
      if (!body.complete) {
        // What came is kept: the client may ask for the offset and go on. A digest over less than was meant would only end the upload.
        throw new LarderError(
          'invalid-request',
          'The request body ended before it was complete; ask for the offset and go on from there.',
        );
      }
      const staged = await this.uploads.finish(ctx, upload, digesting(digest));
      await this.links.add(ctx, { image: ctx.params.image, digest, uploadId: ctx.params.uploadId }, staged);
    } catch (error) {
      if (!isLarderError(error, 'upload-unknown') || !(await this.isRepetition(ctx, digest))) throw error;
    }
  }

  /** The upload is gone because this very commit succeeded before and its answer was lost. */
  private async isRepetition(ctx: RepositoryContext<UploadParams>, digest: ContentDigest): Promise<boolean> {
    const file = await this.links.find(ctx, ctx.params.image, digest);
    return (
      file !== undefined &&
      file.metadata['uploadId'] === ctx.params.uploadId &&
      file.publisherId === ctx.principal.id &&
      file.publishedAt.getTime() > Date.now() - repeatMs
    );
  }
}

function digesting({ algorithm, hex }: ContentDigest) {
  return { algorithms: algorithm === 'sha256' ? [] : [algorithm], expected: { checksums: { [algorithm]: hex } } };
}

/** @throws invalid-request for a range that cannot be read, size-mismatch when it is not as long as the body is said to be */
function chunkRangeOf(body: Request): ChunkRange | undefined {
  const header = body.headers['content-range'];
  if (header === undefined) return undefined;
  const range = parseChunkRange(header);
  if (!range) {
    throw ociError(
      'invalid-request',
      'BLOB_UPLOAD_INVALID',
      'Content-Range must have the form <first byte>-<last byte>, for example 0-1048575.',
    );
  }
  const length = body.headers['content-length'];
  if (length !== undefined && Number(length) !== range.end - range.start + 1) {
    throw ociError('size-mismatch', 'SIZE_INVALID', 'Content-Length is not the length of the Content-Range.');
  }
  return range;
}

function outOfOrder(upload: UploadRow): LarderError {
  return new LarderError(
    'upload-offset',
    `The next byte of this upload is ${upload.offsetBytes}; send the chunk that begins there.`,
    {
      details: { offsetBytes: upload.offsetBytes },
    },
  );
}

export function hasBody(req: Request): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}
