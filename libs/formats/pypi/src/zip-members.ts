import { crc32, inflateRaw } from 'node:zlib';
import { archiveDeadline, badArchive, checkInflation, shownName, takeTurns, type ArchiveBytes } from './archive.js';
import { readMemberName, type ZipDirectory, type ZipEntry } from './zip-directory.js';
import { readExtras } from './zip-extras.js';

const localSignature = 0x04034b50;
const localBytes = 30;
/** Small members share a window; a wheel with a few large ones costs a few windows. */
const windowBytes = 16 * 1024;
/** Headers longer than this are read on their own. */
const longestHeaderBytes = localBytes + 2 * 0xffff;

/** Where a member's packed bytes begin. */
export type MemberStarts = ReadonlyMap<ZipEntry, number>;

/**
 * Compares every local header with its central entry, and checks that the members fill the file from its first byte to the central directory without a
 * gap or an overlap. After this, every reader of the archive sees the same members.
 * @throws invalid-package
 */
export async function checkMembers(archive: ArchiveBytes, directory: ZipDirectory): Promise<MemberStarts> {
  const checkTime = archiveDeadline();
  const window = new ReadWindow(archive);
  const starts = new Map<ZipEntry, number>();
  let position = 0;
  let inflatedBytes = 0;
  for (const entry of [...directory.entries].sort((a, b) => a.localOffset - b.localOffset)) {
    checkTime();
    if (entry.localOffset !== position)
      throw badArchive('there are bytes before, between or inside its members that belong to no member.');
    const start = await checkLocalHeader(window, entry);
    starts.set(entry, start);
    await takeTurns(starts.size);
    position = start + entry.packedBytes;
    inflatedBytes += entry.inflatedBytes;
    checkInflation(inflatedBytes, archive.sizeBytes);
  }
  if (position !== directory.offset)
    throw badArchive('there are bytes between its last member and its central directory.');
  return starts;
}

/**
 * Inflates one member into memory.
 * @throws invalid-package when it is larger than the limit, or its size or checksum is not the announced one
 */
export async function readMember(
  archive: ArchiveBytes,
  starts: MemberStarts,
  entry: ZipEntry,
  limitBytes: number,
): Promise<Buffer> {
  if (entry.inflatedBytes > limitBytes)
    throw badArchive(`the member ${shownName(entry.name)} is larger than ${limitBytes} bytes.`);
  // Deflate adds at most a few bytes in a thousand to what it cannot compress.
  if (entry.packedBytes > limitBytes + 64 * 1024)
    throw badArchive(`the packed size of the member ${shownName(entry.name)} is not believable.`);
  const start = starts.get(entry)!;
  const packed = await archive.read({ start, end: start + entry.packedBytes - 1 });
  const bytes = entry.method === 0 ? packed : await inflate(packed, entry);
  if (bytes.length !== entry.inflatedBytes || crc32(bytes) !== entry.crc32) {
    throw badArchive(
      `the member ${shownName(entry.name)} does not have the announced size and checksum; the file is damaged.`,
    );
  }
  return bytes;
}

async function checkLocalHeader(window: ReadWindow, entry: ZipEntry): Promise<number> {
  const head = await window.read(entry.localOffset, localBytes);
  const differs = () =>
    badArchive(`the header of the member ${shownName(entry.name)} does not agree with the central directory.`);
  if (head.length < localBytes || head.readUInt32LE(0) !== localSignature) throw differs();
  const nameBytes = head.readUInt16LE(26);
  const headerBytes = localBytes + nameBytes + head.readUInt16LE(28);
  const header = await window.read(entry.localOffset, headerBytes);
  if (header.length < headerBytes) throw differs();
  const flags = header.readUInt16LE(6);
  const name = readMemberName(header.subarray(localBytes, localBytes + nameBytes), flags);
  const sizes = readExtras(header.subarray(localBytes + nameBytes), {
    inflatedBytes: header.readUInt32LE(22),
    packedBytes: header.readUInt32LE(18),
    localOffset: 0,
  });
  const agrees =
    name === entry.name &&
    header.readUInt16LE(8) === entry.method &&
    header.readUInt32LE(14) === entry.crc32 &&
    sizes.packedBytes === entry.packedBytes &&
    sizes.inflatedBytes === entry.inflatedBytes;
  if (!agrees) throw differs();
  return entry.localOffset + headerBytes;
}

function inflate(packed: Buffer, entry: ZipEntry): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // A member that inflates beyond its announced size fails here, before memory grows.
    inflateRaw(packed, { maxOutputLength: Math.max(entry.inflatedBytes, 1) }, (error, bytes) => {
      if (error)
        reject(
          badArchive(
            `the member ${shownName(entry.name)} cannot be inflated to its announced size; the file is damaged.`,
            error,
          ),
        );
      else resolve(bytes);
    });
  });
}

/** Reads small pieces at growing offsets with few reads of the file. */
class ReadWindow {
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(private readonly archive: ArchiveBytes) {}

  async read(offset: number, length: number): Promise<Buffer> {
    if (offset < this.#start || offset + length > this.#start + this.#bytes.length) {
      const wanted = Math.min(Math.max(length, windowBytes), longestHeaderBytes);
      this.#bytes = await this.archive.read({
        start: offset,
        end: Math.min(offset + wanted, this.archive.sizeBytes) - 1,
      });
      this.#start = offset;
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }
}
