import { Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Readable } from 'node:stream';
import type { BlobSource, BlobStream, ByteRange } from '#blob';
import { Usage, type FileRow } from '#catalog';
import { sendFile } from '#http';
import type { RepositoryContext } from './context.js';
import { blobSourceToken } from './tokens.js';

export interface SendFileOptions {
  /** Default: immutable for a year, shared caches only where anonymous may read. */
  readonly cacheControl?: string;
  /** Default: the row's. */
  readonly mediaType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** File name for `Content-Disposition: attachment`. */
  readonly attachment?: string;
}

/** Sends and reads stored files. */
@Injectable()
export class Files {
  constructor(
    @Inject(blobSourceToken) private readonly blobs: BlobSource,
    private readonly usage: Usage,
  ) {}

  /** Ranges, validators, HEAD; counts a download when the client received a complete 200. @throws range-not-satisfiable, not-found */
  async send(
    ctx: RepositoryContext,
    req: Request,
    res: Response,
    file: FileRow,
    options: SendFileOptions = {},
  ): Promise<void> {
    const headers: Record<string, string> = {
      'Cache-Control':
        options.cacheControl ??
        `${ctx.principal.kind === 'anonymous' ? 'public' : 'private'}, max-age=31536000, immutable, no-transform`,
      'Content-Security-Policy': "sandbox; default-src 'none'",
      ...options.headers,
    };
    if (options.attachment !== undefined) headers['Content-Disposition'] = attachment(options.attachment);
    const complete = await sendFile(
      req,
      res,
      {
        sizeBytes: file.sizeBytes,
        etag: `"${file.digest}"`,
        lastModified: file.publishedAt,
        mediaType: options.mediaType ?? file.mediaType,
        open: range => this.body(file, range),
      },
      headers,
    );
    if (complete && file.versionId !== null) this.usage.downloaded(file.versionId);
  }

  private async body(file: FileRow, range: ByteRange | undefined): Promise<BlobStream | Buffer> {
    const whole = await this.blobs.small(file.digest, file.sizeBytes);
    if (!whole) return this.blobs.open(file.digest, file.sizeBytes, range);
    return range ? whole.subarray(range.start, range.end + 1) : whole;
  }

  /** The whole content. @throws too-large, not-found */
  read(file: FileRow, limitBytes: number): Promise<Buffer> {
    return this.blobs.read(file.digest, limitBytes);
  }

  open(file: FileRow, range?: ByteRange): Promise<Readable> {
    return this.blobs.open(file.digest, file.sizeBytes, range);
  }

  /** True when the bytes are really there: what a client may conclude from a HEAD before it leaves out an upload. */
  isPresent(file: FileRow): Promise<boolean> {
    return this.blobs.has(file.digest, file.sizeBytes);
  }

  /** Counts a download that was answered from memory. */
  countDownload(versionId: string): void {
    this.usage.downloaded(versionId);
  }
}

/** RFC 6266: an ASCII fallback and the exact name. */
function attachment(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`;
}
