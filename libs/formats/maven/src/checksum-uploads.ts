import type { Request } from 'express';
import { Injectable } from '@nestjs/common';
import { readBody } from '#http';
import { LarderError } from '#kernel';
import { Contents, Publishing, type FileRow, type RepositoryContext } from '#registry';
import { checksumDifference } from './checksum-comparison.js';
import { checksumFileLimitBytes, checksumName, parseChecksumText } from './checksum-text.js';
import { isOpen } from './lifecycle.js';
import { refuseByPath } from './path-policy.js';
import { mismatchReason } from './quarantine.js';
import type { FileParams } from './route.js';
import { UploadedChecksums } from './uploaded-checksums.js';

/** Compares the checksums that clients upload with the bytes that are here. None is stored: the server serves its own. */
@Injectable()
export class ChecksumUploads {
  constructor(
    private readonly contents: Contents,
    private readonly publishing: Publishing,
    private readonly checksums: UploadedChecksums,
  ) {}

  /**
   * A wrong checksum quarantines a version that is still open, because `mvn deploy` only warns of it and ends with success. A sealed version
   * stays as it is: otherwise anyone who may publish could take a release away.
   * @throws invalid-request, invalid-version, invalid-digest, digest-mismatch, too-large
   */
  async accept(ctx: RepositoryContext<FileParams>, req: Request): Promise<void> {
    refuseByPath(ctx);
    const { path, package: name } = ctx.params;
    const algorithm = ctx.params.checksum!;
    const text = (await readBody(req, checksumFileLimitBytes)).toString('utf8');
    const hex = parseChecksumText(text, algorithm);
    if (hex === undefined)
      throw new LarderError(
        'invalid-digest',
        `The file is not a ${checksumName(algorithm)} value; upload the hex digits.`,
      );
    const file = await this.contents.file(ctx, name, path);
    if (!file) return this.checksums.expect(ctx, path, { algorithm, hex });
    const difference = checksumDifference(path, { [algorithm]: hex }, file.checksums);
    if (difference === undefined) return this.checksums.confirm(ctx, path, algorithm);
    await this.quarantine(ctx, file);
    throw new LarderError('digest-mismatch', difference);
  }

  private async quarantine(ctx: RepositoryContext<FileParams>, file: FileRow): Promise<void> {
    const { artifact, package: name } = ctx.params;
    const pkg = artifact && (await this.contents.package(ctx, name));
    const version = pkg && (await this.contents.version(pkg, artifact.version));
    if (!version || !isOpen(version, Date.now()) || file.publisherId !== ctx.principal.id) return;
    const reason = mismatchReason(file.path);
    await this.publishing.setState(ctx, name, { version: version.text, state: 'unlisted', reason });
  }
}
