import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { digestOfHex } from '#kernel';
import type { StagedBlob } from '#registry';

const blockBytes = 512;

/** One tar entry, with every field that a hostile archive may set. */
export interface TarEntry {
  readonly name: string;
  readonly body?: string | Buffer;
  readonly type?: string;
  /** The 12 bytes of the size field, when they shall differ from the body's length. */
  readonly size?: string | Buffer;
  readonly badChecksum?: boolean;
}

/** A tar archive written by hand: what packers refuse to write is what the tests need. */
export function tar(entries: readonly TarEntry[], end: Buffer = Buffer.alloc(2 * blockBytes)): Buffer {
  return Buffer.concat([...entries.map(tarEntry), end]);
}

function tarEntry(entry: TarEntry): Buffer {
  const body = Buffer.from(entry.body ?? '');
  const header = Buffer.alloc(blockBytes);
  header.write(entry.name, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  Buffer.from(entry.size ?? `${body.length.toString(8).padStart(11, '0')}\0`).copy(header, 124, 0, 12);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(entry.type ?? '0', 156, 1, 'latin1');
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0) + (entry.badChecksum ? 1 : 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((blockBytes - (body.length % blockBytes)) % blockBytes);
  return Buffer.concat([header, body, padding]);
}

/** A PAX header with the given records, to stand before the entry it is about. */
export function pax(records: Record<string, string>, type = 'x'): TarEntry {
  const body = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = rest.length;
    while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
    return `${length}${rest}`;
  });
  return { name: 'PaxHeader/x', type, body: body.join('') };
}

/** A package as npm packs it: everything below `package/`. */
export function packageTarball(packageJson: unknown, files: Readonly<Record<string, string>> = {}): Buffer {
  const entries = [
    { name: 'package/package.json', body: typeof packageJson === 'string' ? packageJson : JSON.stringify(packageJson) },
  ];
  for (const [path, body] of Object.entries(files)) entries.push({ name: `package/${path}`, body });
  return gzipSync(tar(entries));
}

/** Bytes that look staged, in memory. */
export function stagedBytes(bytes: Buffer): StagedBlob {
  const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
  return {
    digest: digestOfHex(hash('sha256')),
    sizeBytes: bytes.length,
    checksums: { sha256: hash('sha256'), sha512: hash('sha512'), sha1: hash('sha1') },
    open: range => Readable.from(chunked(range ? bytes.subarray(range.start, range.end + 1) : bytes)),
    read: range => Promise.resolve(bytes.subarray(range.start, range.end + 1)),
  };
}

function* chunked(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}
