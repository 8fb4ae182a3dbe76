import {
  archiveLimits,
  badArchive,
  decodeName,
  memberPath,
  shownName,
  takeTurns,
  type ArchiveBytes,
} from './archive.js';
import { readExtras } from './zip-extras.js';

/** A member as the central directory describes it. */
export interface ZipEntry {
  readonly name: string;
  readonly flags: number;
  /** 0 stored, 8 deflated; nothing else is taken. */
  readonly method: number;
  readonly crc32: number;
  readonly packedBytes: number;
  readonly inflatedBytes: number;
  readonly localOffset: number;
}

/** The central directory and where it begins: members must fill the file exactly up to there. */
export interface ZipDirectory {
  readonly entries: readonly ZipEntry[];
  readonly offset: number;
}

interface DirectoryPlace {
  readonly count: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

const endSignature = 0x06054b50;
const endBytes = 22;
const end64Signature = 0x06064b50;
const end64Bytes = 56;
const locatorSignature = 0x07064b50;
const locatorBytes = 20;
const entrySignature = 0x02014b50;
const entryBytes = 46;
const maxDirectoryBytes = 64 * 1024 ** 2;
const readStepBytes = 8 * 1024 ** 2;
const noMore16 = 0xffff;
const noMore32 = 0xffffffff;

/**
 * Reads the central directory of a ZIP (PKWARE APPNOTE 6.3), strictly: installers of different origin must all see the same members, or a file could show one
 * content to a scanner and another to pip. The end record stands at the very end without a comment, counts and sizes agree, names are unique, no member is
 * encrypted, split, or followed by a data descriptor.
 * @throws invalid-package, each refusal with its own words
 */
export async function readZipDirectory(archive: ArchiveBytes): Promise<ZipDirectory> {
  const place = await findDirectory(archive);
  if (place.count > archiveLimits.entries) throw badArchive(`it has more than ${archiveLimits.entries} members.`);
  if (place.sizeBytes > maxDirectoryBytes) throw badArchive('its central directory is larger than 64 MiB.');
  const bytes = await readLong(archive, place.offset, place.sizeBytes);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let position = 0;
  while (position < bytes.length) {
    const { entry, length } = readEntry(bytes, position);
    if (names.has(entry.name)) throw badArchive(`two members have the name ${shownName(entry.name)}.`);
    names.add(entry.name);
    entries.push(entry);
    if (entries.length > place.count) break;
    await takeTurns(entries.length);
    position += length;
  }
  if (entries.length !== place.count)
    throw badArchive('its end record counts other members than the central directory has.');
  return { entries, offset: place.offset };
}

async function findDirectory(archive: ArchiveBytes): Promise<DirectoryPlace> {
  const { sizeBytes } = archive;
  if (sizeBytes < endBytes) throw badArchive('it is too short for a ZIP archive; it may have been cut.');
  const end = await archive.read({ start: sizeBytes - endBytes, end: sizeBytes - 1 });
  if (end.readUInt32LE(0) !== endSignature || end.readUInt16LE(20) !== 0) {
    throw badArchive(
      'it does not end with the end record of a ZIP archive: it is cut, is no ZIP, or has a comment or other bytes behind it.',
    );
  }
  const endOffset = sizeBytes - endBytes;
  const place = (await findDirectory64(archive, endOffset)) ?? {
    count: end.readUInt16LE(10),
    sizeBytes: end.readUInt32LE(12),
    offset: end.readUInt32LE(16),
    end: endOffset,
    disks: [end.readUInt16LE(4), end.readUInt16LE(6)],
    countHere: end.readUInt16LE(8),
  };
  if (place.disks.some(disk => disk !== 0) || place.countHere !== place.count)
    throw badArchive('it is one part of a split archive.');
  if (place.offset + place.sizeBytes !== place.end)
    throw badArchive('size and place of its central directory do not agree with its end record.');
  if (!agreesWith64(end, place)) throw badArchive('its two end records do not agree.');
  return place;
}

interface FoundPlace extends DirectoryPlace {
  /** Where the record behind the directory begins. */
  readonly end: number;
  readonly disks: readonly number[];
  readonly countHere: number;
}

/** The ZIP64 end record, when its locator stands before the end record. */
async function findDirectory64(archive: ArchiveBytes, endOffset: number): Promise<FoundPlace | undefined> {
  const start = endOffset - locatorBytes - end64Bytes;
  if (start < 0) return undefined;
  const bytes = await archive.read({ start, end: endOffset - 1 });
  const locator = bytes.subarray(end64Bytes);
  if (locator.readUInt32LE(0) !== locatorSignature) return undefined;
  const sound = locator.readUInt32LE(4) === 0 && locator.readUInt32LE(16) === 1 && integer64(locator, 8) === start;
  // A record of another length holds extensible data, which nothing that builds wheels writes.
  if (!sound || bytes.readUInt32LE(0) !== end64Signature || integer64(bytes, 4) !== end64Bytes - 12) {
    throw badArchive('its ZIP64 end record is not where its locator says, or is not of the plain form.');
  }
  return {
    countHere: integer64(bytes, 24),
    count: integer64(bytes, 32),
    sizeBytes: integer64(bytes, 40),
    offset: integer64(bytes, 48),
    end: start,
    disks: [bytes.readUInt32LE(16), bytes.readUInt32LE(20)],
  };
}

/** Each field of the short end record either says "look in the long one" or says the same. */
function agreesWith64(end: Buffer, place: DirectoryPlace): boolean {
  const count = end.readUInt16LE(10);
  const size = end.readUInt32LE(12);
  const offset = end.readUInt32LE(16);
  return (
    (count === noMore16 || count === place.count) &&
    (size === noMore32 || size === place.sizeBytes) &&
    (offset === noMore32 || offset === place.offset)
  );
}

function readEntry(bytes: Buffer, position: number): { entry: ZipEntry; length: number } {
  if (position + entryBytes > bytes.length || bytes.readUInt32LE(position) !== entrySignature) {
    throw badArchive('its central directory is damaged.');
  }
  const head = bytes.subarray(position, position + entryBytes);
  const nameBytes = head.readUInt16LE(28);
  const extraBytes = head.readUInt16LE(30);
  const length = entryBytes + nameBytes + extraBytes;
  if (head.readUInt16LE(32) !== 0) throw badArchive('a member has a comment.');
  if (head.readUInt16LE(34) !== 0) throw badArchive('it is one part of a split archive.');
  if (position + length > bytes.length) throw badArchive('its central directory is damaged.');
  const nameStart = position + entryBytes;
  const flags = head.readUInt16LE(8);
  const name = readMemberName(bytes.subarray(nameStart, nameStart + nameBytes), flags);
  const sizes = readExtras(bytes.subarray(nameStart + nameBytes, position + length), {
    inflatedBytes: head.readUInt32LE(24),
    packedBytes: head.readUInt32LE(20),
    localOffset: head.readUInt32LE(42),
  });
  const entry: ZipEntry = { name, flags, method: head.readUInt16LE(10), crc32: head.readUInt32LE(16), ...sizes };
  checkEntry(entry);
  return { entry, length };
}

/** Flags: 0 encrypted, 3 sizes behind the data, 5 patched, 6 strong encryption, 11 UTF-8 name, 13 masked headers. */
export function readMemberName(bytes: Uint8Array, flags: number): string {
  if ((flags & 0x2061) !== 0) throw badArchive('a member is encrypted or patched.');
  if ((flags & 0x0008) !== 0)
    throw badArchive('a member has a data descriptor; write the archive to a file and not into a pipe.');
  if ((flags & 0x0800) === 0 && bytes.some(byte => byte > 0x7e))
    throw badArchive('a name beyond ASCII is not marked as UTF-8.');
  return decodeName(bytes);
}

function checkEntry(entry: ZipEntry): void {
  memberPath(entry.name);
  if (entry.method !== 0 && entry.method !== 8) {
    throw badArchive(
      `the member ${shownName(entry.name)} is compressed with method ${entry.method}; only stored and deflated members are taken.`,
    );
  }
  const stored = entry.method === 0 && entry.packedBytes !== entry.inflatedBytes;
  const folder = entry.name.endsWith('/') && entry.inflatedBytes !== 0;
  if (stored || folder) throw badArchive(`the sizes of the member ${shownName(entry.name)} contradict each other.`);
}

async function readLong(archive: ArchiveBytes, offset: number, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let done = 0; done < length; done += readStepBytes) {
    pieces.push(await archive.read({ start: offset + done, end: offset + Math.min(done + readStepBytes, length) - 1 }));
  }
  const bytes = Buffer.concat(pieces);
  if (bytes.length !== length) throw badArchive('its central directory lies outside the file.');
  return bytes;
}

/** Sizes beyond 2^53 are beyond every limit, so their rounding does not matter. */
function integer64(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset));
}
