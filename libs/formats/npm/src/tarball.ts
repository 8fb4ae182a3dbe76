import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { isLarderError, LarderError } from '#kernel';
import { parseJson } from '#http';
import type { StagedBlob } from '#registry';
import { invalidArchive, TarGuard, tarLimits, type TarLimits } from './tar-guard.js';

const maxPackageJsonBytes = 1024 * 1024;
const maxReadmeBytes = 64 * 1024;
const maxPathBytes = 1024;
const inflateChunkBytes = 64 * 1024;
/** Time to read an archive: a fixed part and, for large ones, what a slow disk needs at 16 MiB a second. */
const deadlineMilliseconds = 30_000;
const bytesPerMillisecond = 16 * 1024;

/** What the server believes about a package, because it stands in the bytes. */
export interface TarballContents {
  readonly packageJson: Readonly<Record<string, unknown>>;
  readonly readme: { readonly file: string; readonly text: string } | undefined;
  /** Number of files. */
  readonly fileCount: number;
  /** Sum of the files' sizes. */
  readonly unpackedBytes: number;
  /** Paths of the files below the root folder of the archive, whatever that is called. */
  readonly paths: ReadonlySet<string>;
}

/**
 * Walks a gzipped tar archive once, streaming, without unpacking anything to disk.
 * @throws invalid-package for anything that is no clean archive (see `TarGuard`), for paths that leave the root folder, names that
 * stand twice, and a missing or unreadable root package.json
 */
export async function readTarball(staged: StagedBlob, limits: TarLimits = tarLimits): Promise<TarballContents> {
  const gunzip = createGunzip({ chunkSize: inflateChunkBytes });
  const guard = new TarGuard(staged.sizeBytes, limits);
  const entries = extract();
  const walk = new TarballWalk();
  const deadline = AbortSignal.timeout(deadlineMilliseconds + Math.ceil(staged.sizeBytes / bytesPerMillisecond));
  try {
    const flow = pipeline(staged.open(), gunzip, guard, entries, { signal: deadline });
    await Promise.all([flow, walk.run(entries)]);
  } catch (cause) {
    // When the guard refuses, tar-stream may be the first to report that its source has gone.
    const refusal = [cause, guard.errored].find(error => isLarderError(error));
    if (refusal) throw refusal;
    throw invalidArchive(deadline.aborted ? 'it takes too long to read' : 'it is damaged or of another kind', cause);
  }
  if (gunzip.bytesWritten !== staged.sizeBytes) throw invalidArchive('it has data behind its end');
  return walk.finish();
}

interface Entry extends AsyncIterable<unknown> {
  readonly header: Header;
  resume(): unknown;
}

class TarballWalk {
  private readonly paths = new Set<string>();
  private fileCount = 0;
  private unpackedBytes = 0;
  private packageJson: Record<string, unknown> | undefined;
  private readme: { file: string; text: string } | undefined;

  async run(entries: AsyncIterable<Entry>): Promise<void> {
    for await (const entry of entries) {
      const path = belowRoot(entry.header.name);
      const sizeBytes = entry.header.size;
      if (entry.header.type === 'directory' || entry.header.name.endsWith('/')) {
        if (sizeBytes > 0) throw invalidArchive('a directory has a size');
        entry.resume();
        continue;
      }
      if (this.paths.has(path)) throw invalidArchive(`the path "${path.slice(0, 200)}" stands in it twice`);
      this.paths.add(path);
      this.fileCount++;
      this.unpackedBytes += sizeBytes;
      await this.take(path, entry);
    }
  }

  private async take(path: string, entry: Entry): Promise<void> {
    if (path === 'package.json') {
      if (entry.header.size > maxPackageJsonBytes) throw invalidPackageJson('is larger than 1 MiB');
      this.packageJson = parsePackageJson(await readStart(entry, maxPackageJsonBytes));
    } else if (/^readme(?:\.[^/]*)?$/i.test(path) && (this.readme === undefined || /\.md$/i.test(path))) {
      const decoder = new StringDecoder('utf8');
      this.readme = { file: path, text: decoder.write(await readStart(entry, maxReadmeBytes)) };
    } else {
      entry.resume();
    }
  }

  finish(): TarballContents {
    if (!this.packageJson) {
      throw new LarderError(
        'invalid-package',
        'The tarball has no package.json in its root folder. Pack it with npm pack.',
      );
    }
    const { packageJson, readme, fileCount, unpackedBytes, paths } = this;
    return { packageJson, readme, fileCount, unpackedBytes, paths };
  }
}

/**
 * The path without its first part, as every client unpacks it. An entry without a folder is dropped by them, so it gets a name that
 * equals nothing.
 */
function belowRoot(name: string): string {
  if (Buffer.byteLength(name) > maxPathBytes) throw invalidArchive(`a path is longer than ${maxPathBytes} bytes`);
  const parts = name.replace(/\/$/, '').split('/');
  const bad = parts.some((part, i) => part === '..' || part === '' || (part === '.' && i > 0));
  if (bad || /[\\\0]/.test(name) || /^[A-Za-z]:/.test(name)) {
    throw invalidArchive(`the path "${name.slice(0, 200)}" is absolute or leaves the root folder`);
  }
  return parts.length === 1 ? `/${name}` : parts.slice(1).join('/');
}

/** Reads an entry to its end and keeps its first bytes. */
async function readStart(entry: Entry, keepBytes: number): Promise<Buffer> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of entry as AsyncIterable<Buffer>) {
    if (size < keepBytes) kept.push(Buffer.from(chunk.subarray(0, keepBytes - size)));
    size += chunk.length;
  }
  return Buffer.concat(kept);
}

function parsePackageJson(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    // npm itself tolerates a byte order mark.
    value = parseJson(bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes, {
      keys: 100_000,
      dataKeys: true,
    });
  } catch (cause) {
    throw invalidPackageJson('is not valid JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidPackageJson('is not an object');
  return value as Record<string, unknown>;
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

function invalidPackageJson(what: string, cause?: unknown): LarderError {
  return new LarderError('invalid-package', `The package.json in the tarball ${what}. Mend it and pack again.`, {
    cause,
  });
}
