import { Readable } from 'node:stream';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import type { ArchiveBytes } from '../src/archive.js';

/** Makes archives by hand, so that a test can bend every byte of them. */

export interface ZipMember {
  readonly name: string;
  readonly content: string | Buffer;
  readonly method?: number;
  readonly flags?: number;
  /** Another name in the local header. */
  readonly localName?: string;
  /** Announced instead of the real size, in both headers. */
  readonly inflatedBytes?: number;
  readonly comment?: string;
  readonly extra?: Buffer;
}

export interface ZipOptions {
  readonly prefix?: string;
  readonly gap?: string;
  readonly beforeDirectory?: string;
  readonly comment?: string;
  readonly suffix?: string;
  readonly count?: number;
}

export function zip(members: readonly ZipMember[], options: ZipOptions = {}): Buffer {
  const body: Buffer[] = [Buffer.from(options.prefix ?? '')];
  const central: Buffer[] = [];
  let offset = body[0]!.length;
  for (const member of members) {
    const { local, entry } = zipMember(member, offset);
    body.push(local, Buffer.from(options.gap ?? ''));
    central.push(entry);
    offset += local.length + (options.gap ?? '').length;
  }
  body.push(Buffer.from(options.beforeDirectory ?? ''));
  offset += (options.beforeDirectory ?? '').length;
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(options.count ?? members.length, 8);
  end.writeUInt16LE(options.count ?? members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE((options.comment ?? '').length, 20);
  return Buffer.concat([
    ...body,
    directory,
    end,
    Buffer.from(options.comment ?? ''),
    Buffer.from(options.suffix ?? ''),
  ]);
}

function zipMember(member: ZipMember, offset: number): { local: Buffer; entry: Buffer } {
  const content = Buffer.from(member.content);
  const method = member.method ?? 8;
  const packed = method === 8 ? deflateRawSync(content) : content;
  const name = Buffer.from(member.name);
  const localName = Buffer.from(member.localName ?? member.name);
  const extra = member.extra ?? Buffer.alloc(0);
  const flags = member.flags ?? (/^[\x20-\x7e]*$/.test(member.name) ? 0 : 0x0800);
  const shared = Buffer.alloc(22);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(flags, 2);
  shared.writeUInt16LE(method, 4);
  shared.writeUInt32LE(crc32(content), 10);
  shared.writeUInt32LE(packed.length, 14);
  shared.writeUInt32LE(member.inflatedBytes ?? content.length, 18);
  const localTail = Buffer.alloc(4);
  localTail.writeUInt16LE(localName.length, 0);
  localTail.writeUInt16LE(extra.length, 2);
  const centralTail = Buffer.alloc(18);
  centralTail.writeUInt16LE(name.length, 0);
  centralTail.writeUInt16LE(extra.length, 2);
  centralTail.writeUInt16LE((member.comment ?? '').length, 4);
  centralTail.writeUInt32LE(offset, 14);
  return {
    local: Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), shared, localTail, localName, extra, packed]),
    entry: Buffer.concat([
      Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
      shared,
      centralTail,
      name,
      extra,
      Buffer.from(member.comment ?? ''),
    ]),
  };
}

export interface TarMemberSource {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly type?: string;
  readonly linkName?: string;
  /** Announced instead of the real size: a number, or the raw field. */
  readonly size?: number | Buffer;
  readonly checksum?: number;
}

export function tar(members: readonly TarMemberSource[], end: Buffer = Buffer.alloc(1024)): Buffer {
  return Buffer.concat([...members.flatMap(tarMember), end]);
}

function tarMember(member: TarMemberSource): Buffer[] {
  const content = Buffer.from(member.content ?? '');
  const header = Buffer.alloc(512);
  header.write(member.name, 0, 100);
  header.write('0000644\0', 100);
  if (Buffer.isBuffer(member.size)) member.size.copy(header, 124);
  else header.write(`${(member.size ?? content.length).toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write(member.type ?? '0', 156);
  header.write(member.linkName ?? '', 157, 100);
  header.write('ustar\u000000', 257);
  header.write('        ', 148);
  const sum = member.checksum ?? header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}

export function tarGz(members: readonly TarMemberSource[], end?: Buffer): Buffer {
  return gzipSync(tar(members, end));
}

export function metadataText(name: string, version: string, more = ''): string {
  return `Metadata-Version: 2.4\nName: ${name}\nVersion: ${version}\n${more}`;
}

const wheelText = 'Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n';

/** The members of a small wheel with one module; `more` are further metadata lines. */
export function wheelMembers(name: string, version: string, more = ''): ZipMember[] {
  const folder = `${name}-${version}.dist-info`;
  return [
    { name: `${name}.py`, content: `version = '${version}'\n` },
    { name: `${folder}/METADATA`, content: metadataText(name, version, more) },
    { name: `${folder}/WHEEL`, content: wheelText },
    {
      name: `${folder}/RECORD`,
      content: `${name}.py,,\n${folder}/METADATA,,\n${folder}/WHEEL,,\n${folder}/RECORD,,\n`,
    },
  ];
}

export function wheel(name: string, version: string, more = ''): Buffer {
  return zip(wheelMembers(name, version, more));
}

/** An sdist that pip can build without a network: its build backend lies inside. */
export function sdist(name: string, version: string, more = ''): Buffer {
  const top = `${name}-${version}`;
  return tarGz([
    { name: `${top}/`, type: '5' },
    { name: `${top}/PKG-INFO`, content: metadataText(name, version, more) },
    {
      name: `${top}/pyproject.toml`,
      content: '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    },
    { name: `${top}/backend.py`, content: backend(name, version, more) },
    { name: `${top}/${name}.py`, content: `version = '${version}'\n` },
  ]);
}

/** A build backend (PEP 517) of one function that writes a wheel. */
function backend(name: string, version: string, more: string): string {
  const files = Object.fromEntries(wheelMembers(name, version, more).map(member => [member.name, member.content]));
  return [
    'import zipfile, os',
    `FILES = ${JSON.stringify(files)}`,
    'def build_wheel(directory, config_settings=None, metadata_directory=None):',
    `    name = '${name}-${version}-py3-none-any.whl'`,
    "    with zipfile.ZipFile(os.path.join(directory, name), 'w') as wheel:",
    '        for path, content in FILES.items():',
    '            wheel.writestr(path, content)',
    '    return name',
    '',
  ].join('\n');
}

/** A buffer as the archive readers see a staged blob; counts what is read. */
export function archiveOf(bytes: Buffer): ArchiveBytes & { readBytes: number } {
  return {
    sizeBytes: bytes.length,
    readBytes: 0,
    read({ start, end }) {
      const piece = bytes.subarray(start, end + 1);
      this.readBytes += piece.length;
      return Promise.resolve(piece);
    },
    open: () => Readable.from([bytes]),
  };
}
