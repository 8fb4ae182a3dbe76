import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { LarderError, systemCode } from '#kernel';
import { archiveDeadline, badArchive, checkInflation, memberPath, shownName, type ArchiveBytes } from './archive.js';
import { metadataLimitBytes } from './core-metadata.js';
import type { DistributionName } from './filenames.js';
import { normaliseName } from './names.js';
import { TarWalk, type TarMember } from './tar-walk.js';
import { readVersion } from './versions.js';

/** A ZIP's end record and its longest comment: where a reader would look for a ZIP hidden behind the gzip. */
const zipTailBytes = 22 + 0xffff;
const zipEnd = Buffer.from('PK\x05\x06', 'latin1');

/**
 * Checks an sdist (PEP 625: gzip of a tar with the one folder `{name}-{version}`) to its end and returns its PKG-INFO, unchanged. Memory is bounded by a chunk
 * and the PKG-INFO; nothing is unpacked.
 * @throws invalid-package
 */
export async function readSdist(archive: ArchiveBytes, distribution: DistributionName): Promise<Buffer> {
  const head = await archive.read({ start: 0, end: 2 });
  if (head.length < 3 || head[0] !== 0x1f || head[1] !== 0x8b || head[2] !== 8)
    throw badArchive('it is not a gzip file.');
  await refuseZipTail(archive);
  const reading = new SdistReading(distribution);
  await walk(archive, reading);
  return reading.metadata();
}

async function walk(archive: ArchiveBytes, reading: SdistReading): Promise<void> {
  const checkTime = archiveDeadline();
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  const tar = new TarWalk(reading);
  let inflatedBytes = 0;
  const take = (chunk: Buffer): void => {
    checkTime();
    inflatedBytes += chunk.length;
    checkInflation(inflatedBytes, archive.sizeBytes);
    tar.push(chunk);
  };
  try {
    // A stream and not an async function at the end: `pipeline` reports an abort instead of what such a function throws.
    await pipeline(archive.open(), gunzip, sinkOf(take));
  } catch (cause) {
    if (cause instanceof LarderError || !systemCode(cause)?.startsWith('Z_')) throw cause;
    throw badArchive('its gzip stream is damaged or cut, or other bytes stand behind it.', cause);
  }
  if (gunzip.bytesWritten !== archive.sizeBytes)
    throw badArchive('there is padding behind the end of its gzip stream.');
  tar.end();
}

function sinkOf(take: (chunk: Buffer) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        take(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

class SdistReading {
  readonly #expected: DistributionName;
  #folder: string | undefined;
  #metadata: Buffer | undefined;

  constructor(expected: DistributionName) {
    this.#expected = expected;
  }

  member(member: TarMember): number | undefined {
    const [folder, ...inner] = member.name.split('/') as [string, ...string[]];
    if (inner.length === 0 && member.kind !== 'folder')
      throw badArchive(`${shownName(member.name)} lies outside its top folder.`);
    this.#folder ??= this.#checkFolder(folder);
    if (folder !== this.#folder)
      throw badArchive(`it has two top folders, "${this.#folder}" and ${shownName(folder)}.`);
    if (member.kind === 'symlink' || member.kind === 'hard-link') checkLink(member, folder);
    return member.kind === 'file' && inner.length === 1 && inner[0] === 'PKG-INFO' ? metadataLimitBytes : undefined;
  }

  content(_member: TarMember, bytes: Buffer): void {
    this.#metadata = bytes;
  }

  metadata(): Buffer {
    if (!this.#metadata) throw badArchive('it has no PKG-INFO in its top folder.');
    return this.#metadata;
  }

  #checkFolder(folder: string): string {
    const { project, version, fileName } = this.#expected;
    const cut = folder.lastIndexOf('-');
    const same =
      cut !== -1 &&
      normaliseName(folder.slice(0, cut)) === project &&
      readVersion(folder.slice(cut + 1))?.canonical === version.canonical;
    if (!same) throw badArchive(`its top folder ${shownName(folder)} is not that of "${fileName}".`);
    return folder;
  }
}

/** Where a link points must lie inside the top folder: a symlink counts from its own folder, a hard link from the top of the archive. */
function checkLink(member: TarMember, folder: string): void {
  const { name, linkName, kind } = member;
  const outside = () =>
    badArchive(`the link ${shownName(name)} points outside the distribution, to ${shownName(linkName)}.`);
  if (kind === 'hard-link') {
    if (memberPath(linkName)[0] !== folder) throw outside();
    return;
  }
  if (linkName === '' || linkName.startsWith('/') || /[\\\0]|^[A-Za-z]:/.test(linkName)) throw outside();
  let depth = name.split('/').length - 1;
  for (const part of linkName.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    // Depth 0 is beside the top folder.
    if (depth < 1) throw outside();
  }
}

/** Readers of ZIP files look from the end, readers of gzip from the start: a file that is both shows different content to different tools. */
async function refuseZipTail(archive: ArchiveBytes): Promise<void> {
  const start = Math.max(0, archive.sizeBytes - zipTailBytes);
  const tail = await archive.read({ start, end: archive.sizeBytes - 1 });
  for (let at = tail.indexOf(zipEnd); at !== -1; at = tail.indexOf(zipEnd, at + 1)) {
    if (at + 22 <= tail.length && at + 22 + tail.readUInt16LE(at + 20) === tail.length) {
      throw badArchive('it can be read as a gzip and as a ZIP archive.');
    }
  }
}
