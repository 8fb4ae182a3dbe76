import { badArchive, decodeName } from './archive.js';

export const tarBlockBytes = 512;

/** One 512-byte header of a tar archive (POSIX ustar, with GNU's binary sizes). */
export interface TarHeader {
  readonly name: string;
  readonly linkName: string;
  readonly type: string;
  readonly sizeBytes: number;
}

/** True when the block carries a valid checksum, which is what readers recognise a tar archive by. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < tarBlockBytes || block.every(byte => byte === 0)) return false;
  const announced = parseInt(
    Buffer.from(block.subarray(148, 156))
      .toString('latin1')
      .replace(/[\0 ]+$/, '')
      .trim(),
    8,
  );
  let sum = 0;
  for (let i = 0; i < tarBlockBytes; i++) sum += i >= 148 && i < 156 ? 0x20 : block[i]!;
  return announced === sum;
}

/** @throws invalid-package for a wrong checksum, a size that is no non-negative integer, or a name that is not UTF-8 */
export function readTarHeader(block: Buffer): TarHeader {
  if (!isTarHeader(block)) throw badArchive('a header of its tar archive is damaged.');
  const prefix = block.toString('latin1', 257, 262) === 'ustar' && block[262] === 0 ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: text(block, 157, 100),
    type: block[156] === 0 ? '0' : String.fromCharCode(block[156]!),
    sizeBytes: size(block.subarray(124, 136)),
  };
}

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return decodeName(end === -1 ? field : field.subarray(0, end));
}

/** Octal text, or GNU's base 256 when the top bit is set; its next bit is a minus sign. */
function size(field: Buffer): number {
  if (field[0]! & 0x80) {
    if (field[0] !== 0x80 || field.subarray(1, 5).some(byte => byte !== 0))
      throw badArchive('a size in its tar archive is negative or beyond every limit.');
    return Number(field.readBigUInt64BE(4));
  }
  const digits = field
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trimStart();
  if (!/^[0-7]*$/.test(digits)) throw badArchive('a size in its tar archive is not a number.');
  return digits === '' ? 0 : parseInt(digits, 8);
}
