import { badArchive } from './archive.js';

export interface ZipSizes {
  readonly inflatedBytes: number;
  readonly packedBytes: number;
  readonly localOffset: number;
}

const zip64 = 0x0001;
const unicodePath = 0x7075;
const noMore32 = 0xffffffff;

/**
 * Goes through the extra fields of a header and takes the 64-bit sizes out of the ZIP64 field, in its fixed order and only for those that the header itself
 * leaves open. A Unicode path field would give a member a second name, so it is refused.
 * @throws invalid-package
 */
export function readExtras(bytes: Buffer, header: ZipSizes): ZipSizes {
  let sizes = header;
  let seen64 = false;
  let position = 0;
  while (position < bytes.length) {
    if (position + 4 > bytes.length) throw badArchive('an extra field of a member is cut.');
    const id = bytes.readUInt16LE(position);
    const length = bytes.readUInt16LE(position + 2);
    const content = bytes.subarray(position + 4, position + 4 + length);
    if (content.length !== length) throw badArchive('an extra field of a member is cut.');
    if (id === unicodePath) throw badArchive('a member has a second name in an extra field.');
    if (id === zip64) {
      if (seen64) throw badArchive('a member has two ZIP64 fields.');
      seen64 = true;
      sizes = readZip64(content, header);
    }
    position += 4 + length;
  }
  return sizes;
}

function readZip64(content: Buffer, header: ZipSizes): ZipSizes {
  if (![0, 8, 16, 24, 28].includes(content.length))
    throw badArchive('a ZIP64 field of a member has a length that does not exist.');
  let position = 0;
  const next = (value: number): number => {
    if (value !== noMore32) return value;
    if (position + 8 > content.length) throw badArchive('a ZIP64 field of a member is too short.');
    position += 8;
    return Number(content.readBigUInt64LE(position - 8));
  };
  return {
    inflatedBytes: next(header.inflatedBytes),
    packedBytes: next(header.packedBytes),
    localOffset: next(header.localOffset),
  };
}
