import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { LarderError } from '#kernel';

/** Bytes of an uploaded archive: a staged blob, or a buffer in a test. */
export interface ArchiveBytes {
  readonly sizeBytes: number;
  /** Both ends inclusive. */
  read(range: { start: number; end: number }): Promise<Buffer>;
  open(): Readable;
}

/** Limits of the archive readers. Nothing is ever unpacked to disk. */
export const archiveLimits = {
  entries: 100_000,
  inflatedBytes: 8 * 1024 ** 3,
  /** Inflated to packed bytes, once more than `ratioFromBytes` come out. */
  ratio: 200,
  ratioFromBytes: 64 * 1024 ** 2,
  pathBytes: 1024,
  headerBlockBytes: 64 * 1024,
  milliseconds: 30_000,
} as const;

/** A refusal of the archive, as the end of a sentence about it. */
export function badArchive(what: string, cause?: unknown): LarderError {
  return new LarderError(
    'invalid-package',
    `The file is not a distribution that can be taken: ${what}`,
    cause === undefined ? {} : { cause },
  );
}

/** Throws when the reading of one archive has taken too long. */
export function archiveDeadline(): () => void {
  const end = performance.now() + archiveLimits.milliseconds;
  return () => {
    if (performance.now() > end)
      throw badArchive(`reading it takes longer than ${archiveLimits.milliseconds / 1000} seconds.`);
  };
}

const membersPerTurn = 1000;

/** Lets other requests run between the members of a long archive. */
export async function takeTurns(membersDone: number): Promise<void> {
  if (membersDone % membersPerTurn === 0) await setImmediate();
}

/** Throws when the archive inflates to more than the limits allow. */
export function checkInflation(inflatedBytes: number, packedBytes: number): void {
  const { inflatedBytes: limit, ratio, ratioFromBytes } = archiveLimits;
  if (inflatedBytes > limit) throw badArchive(`it inflates to more than ${limit} bytes.`);
  if (inflatedBytes > ratioFromBytes && inflatedBytes > packedBytes * ratio)
    throw badArchive(`it inflates to more than ${ratio} times its size.`);
}

/**
 * Path of an archive member in parts. A final slash (a folder) is dropped.
 * @throws invalid-package for an absolute path, a drive letter, `.`, `..`, empty parts, backslashes, control characters, or more than 1,024 bytes
 */
export function memberPath(name: string): string[] {
  const path = name.endsWith('/') ? name.slice(0, -1) : name;
  const parts = path.split('/');
  // Control characters are what this expression is for.
  // oxlint-disable-next-line no-control-regex
  const forbidden = /[\u0000-\u001f\u007f\\]/.test(name) || /^[A-Za-z]:/.test(name);
  if (
    forbidden ||
    parts.some(part => part === '' || part === '.' || part === '..') ||
    Buffer.byteLength(name) > archiveLimits.pathBytes
  ) {
    throw badArchive(`the path of a member is not allowed: ${shownName(name)}.`);
  }
  return parts;
}

export function shownName(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws invalid-package when the bytes of a name are not UTF-8 */
export function decodeName(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw badArchive('the name of a member is not UTF-8.', cause);
  }
}
