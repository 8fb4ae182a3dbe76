import { Transform, type TransformCallback } from 'node:stream';
import { LarderError } from '#kernel';

/** Limits of one archive. Sizes in bytes. */
export interface TarLimits {
  readonly entries: number;
  readonly inflatedBytes: number;
  /** Inflated to packed, looked at once more than `ratioFromBytes` have come out. */
  readonly ratio: number;
  readonly ratioFromBytes: number;
  /** Body of one PAX or long-name header. */
  readonly headerBytes: number;
}

export const tarLimits: TarLimits = {
  entries: 100_000,
  inflatedBytes: 8 * 1024 ** 3,
  ratio: 200,
  ratioFromBytes: 64 * 1024 ** 2,
  headerBytes: 64 * 1024,
};

const blockBytes = 512;
const emptyBlock = Buffer.alloc(blockBytes);
const types = { file: '0', oldFile: '\0', directory: '5', pax: 'x', globalPax: 'g', longName: 'L' } as const;

/**
 * Stands before tar-stream and checks each 512-byte header, because tar-stream waits forever on negative sizes and on directories
 * that carry a size, and collects PAX headers without a bound. Passes the bytes on unchanged.
 *
 * Refused as `invalid-package`: sizes that are no plain number, entries that are no file or directory (links, devices), a PAX size
 * that differs from the header's, PAX keys that change what an entry is, anything behind the end of the archive, an archive that
 * ends within an entry, and more than the limits allow.
 */
export class TarGuard extends Transform {
  private header: Buffer = Buffer.alloc(0);
  /** Bytes of the present entry that are still to come, with its padding. */
  private remaining = 0;
  private longHeader: { readonly type: string; readonly sizeBytes: number; body: Buffer[] } | undefined;
  private paxSize: number | undefined;
  private readonly pending = new Set<string>();
  private ended = false;
  private entries = 0;
  private inflatedBytes = 0;

  constructor(
    private readonly packedBytes: number,
    private readonly limits: TarLimits = tarLimits,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.count(chunk.length);
      this.walk(chunk);
      done(null, chunk);
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    const complete = this.remaining === 0 && this.header.length === 0 && this.pending.size === 0;
    done(complete ? null : invalidArchive('it ends in the middle of an entry'));
  }

  private count(bytes: number): void {
    this.inflatedBytes += bytes;
    if (this.inflatedBytes > this.limits.inflatedBytes) throw invalidArchive('it inflates to more than 8 GiB');
    if (this.inflatedBytes > this.limits.ratioFromBytes && this.inflatedBytes > this.packedBytes * this.limits.ratio) {
      throw invalidArchive(`it inflates to more than ${this.limits.ratio} times its size`);
    }
  }

  private walk(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.remaining > 0) {
        const take = Math.min(this.remaining, chunk.length - at);
        if (this.longHeader) this.collect(this.longHeader, chunk.subarray(at, at + take));
        this.remaining -= take;
        at += take;
      } else {
        const take = Math.min(blockBytes - this.header.length, chunk.length - at);
        const part = chunk.subarray(at, at + take);
        this.header = this.header.length === 0 ? part : Buffer.concat([this.header, part]);
        at += take;
      }
      if (this.remaining === 0) this.settle();
    }
  }

  /** Called at each block boundary, and while a header is still incomplete. */
  private settle(): void {
    if (this.longHeader) this.finishLongHeader(this.longHeader);
    if (this.header.length < blockBytes) return;
    const header = this.header;
    this.header = Buffer.alloc(0);
    if (header.equals(emptyBlock)) {
      this.ended = true;
      return;
    }
    if (this.ended) throw invalidArchive('it has data behind its end');
    this.openEntry(header);
  }

  private openEntry(header: Buffer): void {
    const type = header.toString('latin1', 156, 157);
    const sizeBytes = parseSize(header.subarray(124, 136));
    this.remaining = Math.ceil(sizeBytes / blockBytes) * blockBytes;
    if (type === types.pax || type === types.globalPax || type === types.longName) {
      if (sizeBytes === 0 || sizeBytes > this.limits.headerBytes)
        throw invalidArchive('an extended header has a bad size');
      if (this.pending.has(type)) throw invalidArchive('an extended header stands twice before one entry');
      if (type !== types.globalPax) this.pending.add(type);
      this.longHeader = { type, sizeBytes, body: [] };
      return;
    }
    if (type !== types.file && type !== types.oldFile && type !== types.directory) {
      throw invalidArchive('it has a link, a device or another special entry; only files and directories are allowed');
    }
    // Clients take a file whose name ends with a slash for a directory.
    const isDirectory = type === types.directory || nameOf(header).endsWith('/');
    if (isDirectory && sizeBytes > 0) throw invalidArchive('a directory has a size');
    if (this.paxSize !== undefined && this.paxSize !== sizeBytes)
      throw invalidArchive('a PAX size differs from the header');
    if (this.pending.size > 1) throw invalidArchive('an entry has two long names');
    if (++this.entries > this.limits.entries) throw invalidArchive(`it has more than ${this.limits.entries} entries`);
    this.paxSize = undefined;
    this.pending.clear();
  }

  private collect(longHeader: { body: Buffer[] }, part: Buffer): void {
    longHeader.body.push(Buffer.from(part));
  }

  private finishLongHeader(longHeader: {
    readonly type: string;
    readonly sizeBytes: number;
    readonly body: Buffer[];
  }): void {
    this.longHeader = undefined;
    if (longHeader.type === types.longName) return;
    const records = parsePax(Buffer.concat(longHeader.body).subarray(0, longHeader.sizeBytes));
    for (const [key, value] of records) {
      const harmless =
        longHeader.type === types.pax ? key !== 'linkpath' : key !== 'path' && key !== 'linkpath' && key !== 'size';
      if (!harmless || key.startsWith('GNU.sparse'))
        throw invalidArchive(`a PAX header has the key ${key.slice(0, 40)}`);
      if (key === 'size') this.paxSize = /^\d{1,15}$/.test(value) ? Number(value) : -1;
    }
  }
}

/** Octal text, or base 256 where the first bit is set. Negative and unreadable sizes are refused. */
function parseSize(field: Buffer): number {
  if (field[0] === 0x80) {
    const size = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (Number.isSafeInteger(size)) return size;
  } else {
    const text = field
      .toString('latin1')
      .replace(/^ +/, '')
      .replace(/[ \0]+$/, '');
    if (/^[0-7]{1,12}$/.test(text)) return Number.parseInt(text, 8);
    if (text === '') return 0;
  }
  throw invalidArchive('an entry has a bad size');
}

function nameOf(header: Buffer): string {
  const end = header.indexOf(0);
  return header.toString('latin1', 0, end === -1 || end > 100 ? 100 : end);
}

/** Records are `<length> <key>=<value>\n`; anything else is refused, since readers disagree about it. */
function parsePax(body: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < body.length) {
    const space = body.indexOf(0x20, at);
    const digits = space === -1 || space - at > 6 ? '' : body.toString('latin1', at, space);
    const end = at + (/^[1-9]\d*$/.test(digits) ? Number(digits) : Number.NaN);
    const record = end <= body.length && body[end - 1] === 0x0a ? body.toString('utf8', space + 1, end - 1) : '';
    const equals = record.indexOf('=');
    if (equals < 1 || records.has(record.slice(0, equals))) throw invalidArchive('a PAX header is malformed');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
}

/** The refusal of an attachment that is no acceptable archive. */
export function invalidArchive(what: string, cause?: unknown): LarderError {
  return new LarderError(
    'invalid-package',
    `Attachment is not a valid gzipped tar archive: ${what}. Pack it again with npm pack.`,
    { cause },
  );
}
