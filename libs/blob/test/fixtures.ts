import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { silentLogger, type Checksums, type Digest } from '#kernel';
import type { BlobLedger, BlobSource, StagedBlob, StoredBlob } from '../src/contract.js';
import { systemDisk, type Disk, type DiskFile } from '../src/disk.js';
import { openFileBlobs, type FileBlobs, type FileBlobsOptions } from '../src/open-file-blobs.js';

/** Rows in memory, with the behaviour that the catalog promises. */
export class MemoryLedger implements BlobLedger {
  readonly rows = new Map<Digest, StoredBlob>();
  /** Looks at the world at the moment of the pin. */
  onPin: (digest: Digest) => void | Promise<void> = () => undefined;

  async pin(blob: { digest: Digest; sizeBytes: number; checksums: Checksums }): Promise<StoredBlob> {
    await this.onPin(blob.digest);
    const known = this.rows.get(blob.digest);
    const id = known?.id ?? String(this.rows.size + 1);
    const row = { id, ...blob, checksums: { ...known?.checksums, ...blob.checksums } };
    this.rows.set(blob.digest, row);
    return row;
  }
}

export interface Workshop extends FileBlobs {
  readonly dataDir: string;
  readonly ledger: MemoryLedger;
  /** Names in the staging folder. */
  staging(): Promise<string[]>;
  /** Path of a blob's file, made without the code under test. */
  pathOf(digest: Digest): string;
  /** The same folder as another process sees it: nothing in memory is shared. */
  secondProcess(options?: Partial<FileBlobsOptions>): Promise<FileBlobs>;
  remove(): Promise<void>;
}

export async function openWorkshop(options: Partial<FileBlobsOptions> = {}): Promise<Workshop> {
  const dataDir = await mkdtemp(join(tmpdir(), 'larder-blob-'));
  const ledger = new MemoryLedger();
  // Tests must not depend on how full the disk of the machine is.
  const defaults = { dataDir, ledger, logger: silentLogger, freeSpace: { reserveBytes: 0 } };
  const blobs = await openFileBlobs({ ...defaults, ...options });
  return {
    ...blobs,
    dataDir,
    ledger,
    staging: () => readdir(join(dataDir, 'uploads')),
    pathOf: digest => {
      const hex = digest.slice('sha256:'.length);
      return join(dataDir, 'blobs', 'sha256', hex.slice(0, 2), hex.slice(2, 4), hex);
    },
    secondProcess: other => openFileBlobs({ ...defaults, ...other }),
    remove: () => rm(dataDir, { recursive: true, force: true }),
  };
}

const opened: Workshop[] = [];

/** A workshop that `closeWorkshops` removes after the test. */
export async function workshop(options?: Partial<FileBlobsOptions>): Promise<Workshop> {
  const fresh = await openWorkshop(options);
  opened.push(fresh);
  return fresh;
}

export async function closeWorkshops(): Promise<void> {
  for (const used of opened.splice(0)) await used.remove();
}

/** What one call to the disk is, for a test that wants to stop it. */
export interface DiskCall {
  readonly name: keyof Disk | `file.${keyof DiskFile & string}`;
  readonly path: string;
}

/** The system's disk, on which `intercept` may throw before any call, as a broken disk would. */
export function brokenDisk(intercept: (call: DiskCall) => void): Disk {
  const watch = <T extends object>(target: T, prefix: string, path?: string): T =>
    new Proxy(target, {
      get(object, name) {
        const original: unknown = Reflect.get(object, name);
        if (typeof original !== 'function') return original;
        return async (...parameters: unknown[]) => {
          const where = path ?? String(parameters[0]);
          intercept({ name: `${prefix}${String(name)}` as DiskCall['name'], path: where });
          const result: unknown = await original.apply(object, parameters);
          return name === 'open' ? watch(result as DiskFile, 'file.', where) : result;
        };
      },
    });
  return watch(systemDisk, '');
}

/** An error as the operating system reports it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made for a test`), { code });
}

/** Gives the chunks one by one. */
export function streamOf(...chunks: (Buffer | string)[]): Readable {
  return Readable.from(
    chunks.map(chunk => Buffer.from(chunk)),
    { objectMode: false },
  );
}

/** Gives the chunks and then fails, as a connection that breaks off. */
export function cutStream(...chunks: (Buffer | string)[]): Readable {
  return Readable.from(
    (async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk);
      throw Object.assign(new Error('the connection broke off'), { code: 'ECONNRESET' });
    })(),
    { objectMode: false },
  );
}

/** Gives one chunk and then neither more nor an end, but tells when it is asked for more. */
export function stalledStream(chunk: string, onStall: () => void): Readable {
  let given = false;
  return new Readable({
    read() {
      if (given) onStall();
      else this.push(Buffer.from(chunk));
      given = true;
    },
  });
}

export async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Bytes that no other test has. */
export function freshBytes(sizeBytes: number): Buffer {
  return randomBytes(sizeBytes);
}

export const noLimit = { limitBytes: Number.MAX_SAFE_INTEGER };

type Store = BlobSource & {
  stage(source: Readable, options: { limitBytes: number }): Promise<StagedBlob>;
  store(staged: StagedBlob): Promise<StoredBlob>;
};

/** Stages and stores bytes. */
export async function put(store: Store, bytes: Buffer): Promise<StoredBlob> {
  return store.store(await store.stage(streamOf(bytes), noLimit));
}
