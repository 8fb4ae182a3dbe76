import { Inject, Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import type { StagedBlob, StageOptions, UploadFiles } from '#blob';
import { UploadRows, type UploadRow } from '#catalog';
import { Database } from '#database';
import { faultPoint, isLarderError, LarderError, randomBase62, type HashAlgorithm } from '#kernel';
import type { RepositoryContext } from './context.js';
import { uploadFilesToken } from './tokens.js';

const mostOpenPerPrincipal = 256;
const mostExpiredAtOnce = 10_000;

/** Resumable uploads. An upload belongs to one repository, one package and one principal; for everybody else its id is unknown. */
@Injectable()
export class Uploads {
  constructor(
    private readonly rows: UploadRows,
    @Inject(uploadFilesToken) private readonly files: UploadFiles,
    private readonly database: Database,
  ) {}

  /** @throws rate-limited when the principal has 256 open uploads */
  async start(ctx: RepositoryContext, packageName: string): Promise<UploadRow> {
    if ((await this.rows.countOf(ctx.principal.id)) >= mostOpenPerPrincipal) {
      throw new LarderError(
        'rate-limited',
        `You have ${mostOpenPerPrincipal} open uploads; finish or cancel some of them first.`,
        { retryAfterSeconds: 60 },
      );
    }
    const upload = {
      id: randomBase62(32),
      repositoryId: ctx.repository.id,
      package: packageName,
      principalId: ctx.principal.id,
      offsetBytes: 0,
    };
    // The row first: whatever breaks off here, a file without a row would be nobody's, while a row without a file ends after a day.
    await this.rows.add(upload);
    await this.files.create(upload.id);
    return upload;
  }

  /** Its `offsetBytes` is what is really on disk. @throws upload-unknown */
  async find(ctx: RepositoryContext, packageName: string, id: string): Promise<UploadRow> {
    const row = await this.rows.find({
      id,
      repositoryId: ctx.repository.id,
      package: packageName,
      principalId: ctx.principal.id,
    });
    if (!row)
      throw new LarderError(
        'upload-unknown',
        'This upload is unknown: it was finished, cancelled, or is older than 24 hours. Start the upload again.',
      );
    return row;
  }

  /**
   * Appends a body. A chunk that says where it begins must begin at the current offset.
   * @throws upload-offset, too-large, storage-full
   */
  async append(
    ctx: RepositoryContext,
    upload: UploadRow,
    source: Readable,
    options: { limitBytes: number; expectedStart?: number },
  ): Promise<UploadRow> {
    if (options.expectedStart !== undefined && options.expectedStart !== upload.offsetBytes) {
      throw elsewhere(
        `The chunk begins at byte ${options.expectedStart}, but ${upload.offsetBytes} bytes were received so far.`,
        upload.offsetBytes,
      );
    }
    return this.alone(upload, async () => {
      const offsetBytes = await this.files.append(upload.id, upload.offsetBytes, source, {
        limitBytes: options.limitBytes,
        signal: ctx.signal,
      });
      await this.rows.progress(upload.id, offsetBytes);
      faultPoint('upload.recorded');
      return { ...upload, offsetBytes };
    });
  }

  /** Ends the upload; what was received becomes a staged blob. @throws upload-offset while a request appends; digest-mismatch: the upload is gone then too */
  finish(
    _ctx: RepositoryContext,
    upload: UploadRow,
    options: { algorithms?: readonly HashAlgorithm[]; expected?: StageOptions['expected'] },
  ): Promise<StagedBlob> {
    return this.alone(upload, async () => {
      try {
        // A crash may have left bytes behind the recorded offset that the client was never told of: an empty append cuts them off.
        await this.files.append(upload.id, upload.offsetBytes, Readable.from([]), { limitBytes: Infinity });
        const staged = await this.files.finish(upload.id, options);
        await this.rows.remove(upload.id);
        return staged;
      } catch (error) {
        if (isLarderError(error, 'digest-mismatch') || isLarderError(error, 'size-mismatch'))
          await this.rows.remove(upload.id);
        throw error;
      }
    });
  }

  async cancel(_ctx: RepositoryContext, upload: UploadRow): Promise<void> {
    await this.files.cancel(upload.id);
    await this.rows.remove(upload.id);
  }

  /** Removes uploads without progress for 24 hours; for a timer of the server. Several processes may do it at once. Returns how many. */
  async expire(): Promise<number> {
    const ids = await this.rows.expired(mostExpiredAtOnce);
    for (const id of ids) {
      await this.files.cancel(id);
      await this.rows.remove(id);
    }
    return ids.length;
  }

  /**
   * One request at a time writes to an upload, whatever process it came to: another one would write into bytes that are hashed already, or cut off what was
   * acknowledged.
   */
  private async alone<T>(upload: UploadRow, work: () => Promise<T>): Promise<T> {
    const release = await this.database.hold(`upload:${upload.id}`);
    if (!release)
      throw elsewhere(
        'Another request is writing to this upload. Ask for its offset and go on from there.',
        upload.offsetBytes,
      );
    try {
      const present = await this.rows.find(upload);
      if (present && present.offsetBytes !== upload.offsetBytes) {
        throw elsewhere(`This upload has ${present.offsetBytes} bytes by now. Go on from there.`, present.offsetBytes);
      }
      return await work();
    } finally {
      await release();
    }
  }
}

function elsewhere(message: string, offsetBytes: number): LarderError {
  return new LarderError('upload-offset', message, { details: { offsetBytes } });
}
