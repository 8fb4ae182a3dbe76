import { crc32, gzipSync } from 'node:zlib';

export interface Member {
  readonly name: string;
  readonly content: Buffer | string;
}

/** A gzipped tar archive, with the same bytes for the same members. */
export function tarGz(members: readonly Member[]): Buffer {
  return gzipSync(Buffer.concat([...members.flatMap(tarMember), Buffer.alloc(1024)]), { level: 1 });
}

/** A ZIP archive whose members are stored as they are. */
export function zip(members: readonly Member[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of members) {
    const bytes = Buffer.from(content);
    const fields = zipFields(bytes);
    const header = zipHeader(0x04034b50, fields, name, 0);
    local.push(header, Buffer.from(name), bytes);
    central.push(zipEntry(fields, name, offset), Buffer.from(name));
    offset += header.length + name.length + bytes.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

function tarMember({ name, content }: Member): Buffer[] {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
}

/** Version 2.0, no flags, stored, no time, CRC and twice the size: what both headers of a member share. */
function zipFields(bytes: Buffer): Buffer {
  const fields = Buffer.alloc(22);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(bytes.length, 14);
  fields.writeUInt32LE(bytes.length, 18);
  return fields;
}

function zipHeader(signature: number, fields: Buffer, name: string, extraBytes: number): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(signature, 0);
  fields.copy(header, 4);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extraBytes, 28);
  return header;
}

function zipEntry(fields: Buffer, name: string, offset: number): Buffer {
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(20, 4);
  fields.copy(entry, 6);
  entry.writeUInt16LE(name.length, 28);
  entry.writeUInt32LE(offset, 42);
  return entry;
}
