import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { isLarderError, LarderError } from '#kernel';
import { announcedSize, humanBytes } from '#http';
import { Contents, Gate, Publishing, type RepositoryContext } from '#registry';
import { metadataLimitBytes } from './core-metadata.js';
import { compareDigests } from './digests.js';
import { readDistribution, type Distribution } from './distribution.js';
import { filePath, type DistributionName } from './filenames.js';
import { releaseDraft, replaceVerdict, type StoredUpload } from './release-draft.js';
import { maxFileBytesOf } from './settings.js';
import { formLimits, readUploadForm, type UploadForm } from './upload-form.js';
import { checkForm } from './upload-request.js';
import { equalSpellings } from './versions.js';

/** Takes uploads of the legacy API: one form, one file. */
@Injectable()
export class Upload {
  constructor(
    private readonly gate: Gate,
    private readonly contents: Contents,
    private readonly publishing: Publishing,
  ) {}

  /**
   * Publishes the file of the form. The same file again succeeds and changes nothing. When this resolves, the next request for the project's page shows the
   * file; when it fails, nothing is visible and nothing stays staged.
   */
  async receive(ctx: RepositoryContext, req: Request): Promise<void> {
    this.refuseFromHeaders(ctx, req);
    const form = await this.readForm(ctx, req);
    const { staged } = form.content;
    try {
      const { distribution: name, digests } = checkForm(form.fields, form.content);
      this.gate.authorize(ctx, 'publish', { package: name.project, version: name.version.text, file: name.fileName });
      await compareDigests(staged, digests);
      await this.refuseTaken(ctx, form, name);
      const distribution = await readDistribution(staged, name);
      const release = await this.releaseOf(ctx, name);
      await this.publish(ctx, { name, distribution, release, ...(await this.store(ctx, form, distribution)) });
    } finally {
      await this.publishing.discard(staged);
    }
  }

  private refuseFromHeaders(ctx: RepositoryContext, req: Request): void {
    const limitBytes = maxFileBytesOf(ctx.repository);
    if ((announcedSize(req) ?? 0) > limitBytes + formLimits.totalBytes) throw fileTooLarge(limitBytes);
  }

  private async readForm(ctx: RepositoryContext, req: Request): Promise<UploadForm> {
    const limitBytes = maxFileBytesOf(ctx.repository);
    return readUploadForm(req, {
      stage: async source => {
        try {
          return await this.publishing.stage(ctx, source, { limitBytes, algorithms: ['md5'], signal: ctx.signal });
        } catch (error) {
          throw isLarderError(error, 'too-large') ? fileTooLarge(limitBytes) : error;
        }
      },
      discard: staged => this.publishing.discard(staged),
    });
  }

  /** Before the bytes are stored. The transaction decides again, for two uploads at once. */
  private async refuseTaken(ctx: RepositoryContext, form: UploadForm, name: DistributionName): Promise<void> {
    const living = await this.contents.file(ctx, name.project, filePath(name.fileName));
    if (!living || living.digest === form.content.staged.digest) return;
    const verdict = replaceVerdict(ctx.repository, name, living);
    if (!verdict.allow) throw new LarderError(verdict.code, verdict.reason, { rule: verdict.rule });
  }

  /** `1.0` and `1.0.0` are one release: the file joins the one that is there, under its spelling. */
  private async releaseOf(ctx: RepositoryContext, { project, version }: DistributionName): Promise<string> {
    const pkg = await this.contents.package(ctx, project);
    if (!pkg || (await this.contents.version(pkg, version.text))) return version.text;
    const spellings = equalSpellings(version);
    const present = await Promise.all(spellings.map(text => this.contents.version(pkg, text)));
    const removed = await Promise.all(spellings.map(text => this.contents.removedVersion(pkg, text)));
    const found = present.find(row => row !== undefined);
    if (found) return found.text;
    if (removed.some(row => row !== undefined)) throw nameUsedBefore();
    return version.text;
  }

  private async store(
    ctx: RepositoryContext,
    form: UploadForm,
    distribution: Distribution,
  ): Promise<Pick<StoredUpload, 'file' | 'sibling'>> {
    const file = await this.publishing.store(form.content.staged);
    if (!distribution.offersMetadata) return { file, sibling: undefined };
    const bytes = Readable.from([distribution.metadataBytes]);
    const staged = await this.publishing.stage(ctx, bytes, { limitBytes: metadataLimitBytes });
    try {
      return { file, sibling: await this.publishing.store(staged) };
    } finally {
      await this.publishing.discard(staged);
    }
  }

  private async publish(ctx: RepositoryContext, upload: StoredUpload): Promise<void> {
    try {
      await this.publishing.release(ctx, releaseDraft(ctx.repository, upload));
    } catch (error) {
      throw isLarderError(error, 'version-removed') ? nameUsedBefore() : error;
    }
  }
}

function fileTooLarge(limitBytes: number): LarderError {
  return new LarderError('too-large', `File too large. Limit for this repository is ${humanBytes(limitBytes)}.`, {
    details: { limitBytes },
  });
}

/** Without the words that uploaders take for "is there already, skip it": the file is not there. */
function nameUsedBefore(): LarderError {
  return new LarderError(
    'version-removed',
    'This filename was used before by a file that is now deleted. Use a different version.',
  );
}
