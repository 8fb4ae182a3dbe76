import { join } from 'node:path';
import { hexOf, LarderError, timeOrderedId, type Digest } from '#kernel';

const uploadId = /^[A-Za-z0-9_-]{1,128}$/;
const stagingName = /^stage-[0-9a-z]{26}$/;

/**
 * Where things lie. Every path of the room is made here, from parsed values only.
 *
 *     <data>/
 *       blobs/sha256/ab/cd/<64 hex>   whole, synced, never changed: the bytes whose sha256 is that name
 *       uploads/stage-<26>            bytes on their way in; worthless once the process that wrote them has gone
 *       uploads/<upload id>.part      a resumable upload; its row in the catalog says how many bytes count
 *
 * Two levels of 256 folders keep each one below some thousand entries at a hundred million blobs.
 */
export class BlobLayout {
  readonly blobs: string;
  readonly sha256: string;
  readonly uploads: string;

  constructor(readonly dataDir: string) {
    this.blobs = join(dataDir, 'blobs');
    this.sha256 = join(this.blobs, 'sha256');
    this.uploads = join(dataDir, 'uploads');
  }

  /** The two folders above a blob, outer one first. */
  foldersOf(digest: Digest): readonly [outer: string, inner: string] {
    const hex = hexOf(digest);
    const outer = join(this.sha256, hex.slice(0, 2));
    return [outer, join(outer, hex.slice(2, 4))];
  }

  blob(digest: Digest): string {
    return join(this.foldersOf(digest)[1], hexOf(digest));
  }

  newStaging(): string {
    return join(this.uploads, `stage-${timeOrderedId()}`);
  }

  isStagingName(name: string): boolean {
    return stagingName.test(name);
  }

  /** @throws upload-unknown unless the id is 1 to 128 letters, digits, `_` and `-`: nothing else ever named an upload. */
  upload(id: string): string {
    if (!uploadId.test(id)) throw unknownUpload();
    return join(this.uploads, `${id}.part`);
  }
}

export function unknownUpload(): LarderError {
  return new LarderError(
    'upload-unknown',
    'There is no such upload; it was finished, cancelled or never begun. Begin a new one.',
  );
}
