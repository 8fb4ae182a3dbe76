import { archiveLimits, badArchive, memberPath, shownName } from './archive.js';
import { readTarHeader, tarBlockBytes, type TarHeader } from './tar-header.js';

/** A member of a tar archive after its long names have been put together. */
export interface TarMember {
  readonly name: string;
  readonly linkName: string;
  readonly kind: 'file' | 'folder' | 'symlink' | 'hard-link';
  readonly sizeBytes: number;
}

export interface TarVisitor {
  /** Called for each member; a returned number asks for its content, up to that many bytes. */
  member(member: TarMember): number | undefined;
  content(member: TarMember, bytes: Buffer): void;
}

const kinds: Readonly<Record<string, TarMember['kind']>> = {
  '0': 'file',
  '1': 'hard-link',
  '2': 'symlink',
  '5': 'folder',
};

/**
 * Walks a tar stream that is pushed in pieces. Each 512-byte header is checked here, because general readers hang on negative sizes or buffer
 * extended headers without bound. Only files, folders, links and the headers of long names are taken: no sparse members, no devices.
 */
export class TarWalk {
  #pending: Buffer = Buffer.alloc(0);
  /** Bytes of the current member (content and padding) that are still to come. */
  #remaining = 0;
  #collecting: { bytes: Buffer[]; left: number; finish: (bytes: Buffer) => void } | undefined;
  /** What extended headers said about the next member. */
  #long: { name?: string; linkName?: string; sizeBytes?: number } = {};
  #entries = 0;
  #zeroBlocks = 0;
  readonly #names = new Set<string>();

  constructor(private readonly visitor: TarVisitor) {}

  push(chunk: Buffer): void {
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      bytes = this.#skip(bytes);
      if (this.#remaining > 0 || bytes.length < tarBlockBytes) break;
      this.#block(bytes.subarray(0, tarBlockBytes));
      bytes = bytes.subarray(tarBlockBytes);
    }
    this.#pending = Buffer.from(bytes);
  }

  /** @throws invalid-package when the archive ends in the middle of a member or has no end */
  end(): void {
    const cut = this.#remaining > 0 || this.#pending.length > 0 || this.#zeroBlocks < 2;
    if (cut) throw badArchive('its tar archive has been cut.');
  }

  /** Takes content off the front; returns what is left. */
  #skip(bytes: Buffer): Buffer {
    const taken = Math.min(this.#remaining, bytes.length);
    const collecting = this.#collecting;
    if (collecting && taken > 0) {
      const piece = bytes.subarray(0, Math.min(collecting.left, taken));
      collecting.bytes.push(Buffer.from(piece));
      collecting.left -= piece.length;
    }
    this.#remaining -= taken;
    if (collecting && this.#remaining === 0) {
      this.#collecting = undefined;
      collecting.finish(Buffer.concat(collecting.bytes));
    }
    return bytes.subarray(taken);
  }

  #block(block: Buffer): void {
    if (block.every(byte => byte === 0)) {
      this.#zeroBlocks++;
      return;
    }
    if (this.#zeroBlocks > 0) throw badArchive('there are members behind the end of its tar archive.');
    if (++this.#entries > archiveLimits.entries) throw badArchive(`it has more than ${archiveLimits.entries} members.`);
    const header = readTarHeader(block);
    if (this.#isExtension(header)) return;
    const member = this.#memberOf(header);
    const wanted = this.visitor.member(member);
    if (wanted === undefined) this.#expect(member.sizeBytes);
    else this.#collect(header, wanted, bytes => this.visitor.content(member, bytes));
  }

  /** Headers that only carry a long name for the next member. */
  #isExtension(header: TarHeader): boolean {
    switch (header.type) {
      case 'x':
      case 'g':
        this.#collect(header, archiveLimits.headerBlockBytes, bytes => this.#extend(bytes, header.type === 'g'));
        return true;
      case 'L':
        this.#collect(header, archiveLimits.headerBlockBytes, bytes => (this.#long.name = withoutNul(bytes)));
        return true;
      case 'K':
        this.#collect(header, archiveLimits.headerBlockBytes, bytes => (this.#long.linkName = withoutNul(bytes)));
        return true;
      default:
        return false;
    }
  }

  #memberOf(header: TarHeader): TarMember {
    const { name = header.name, linkName = header.linkName, sizeBytes = header.sizeBytes } = this.#long;
    this.#long = {};
    const kind = name.endsWith('/') && header.type === '0' ? 'folder' : kinds[header.type];
    if (!kind) throw badArchive(`the member ${shownName(name)} is neither a file nor a folder nor a link.`);
    if (sizeBytes !== header.sizeBytes) throw badArchive(`the member ${shownName(name)} has two different sizes.`);
    if (kind !== 'file' && header.sizeBytes !== 0)
      throw badArchive(`the member ${shownName(name)} has a size and is no file.`);
    const path = memberPath(name).join('/');
    if (kind !== 'folder' && this.#names.has(path)) throw badArchive(`two members have the name ${shownName(path)}.`);
    if (kind !== 'folder') this.#names.add(path);
    return { name: path, linkName, kind, sizeBytes: header.sizeBytes };
  }

  /** Records of a POSIX extended header: `<length> <key>=<value>\n`. */
  #extend(bytes: Buffer, global: boolean): void {
    for (const [key, value] of paxRecords(bytes)) {
      if (key.startsWith('GNU.sparse')) throw badArchive('it has a sparse member.');
      if (global && (key === 'path' || key === 'linkpath' || key === 'size'))
        throw badArchive('a global header of its tar archive renames members.');
      if (key === 'path') this.#long.name = value;
      if (key === 'linkpath') this.#long.linkName = value;
      if (key === 'size') this.#long.sizeBytes = Number(value);
    }
  }

  #expect(sizeBytes: number): void {
    this.#remaining = Math.ceil(sizeBytes / tarBlockBytes) * tarBlockBytes;
  }

  #collect(header: TarHeader, limitBytes: number, finish: (bytes: Buffer) => void): void {
    if (header.sizeBytes > limitBytes)
      throw badArchive(`the member ${shownName(header.name)} is larger than ${limitBytes} bytes.`);
    this.#expect(header.sizeBytes);
    if (this.#remaining === 0) finish(Buffer.alloc(0));
    else this.#collecting = { bytes: [], left: header.sizeBytes, finish };
  }
}

function withoutNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

function* paxRecords(bytes: Buffer): Generator<[key: string, value: string]> {
  let position = 0;
  while (position < bytes.length) {
    const blank = bytes.indexOf(0x20, position);
    const digits = blank === -1 ? '' : bytes.toString('latin1', position, blank);
    const end = position + Number(digits);
    const equals = bytes.indexOf(0x3d, blank);
    const sound =
      /^[1-9][0-9]{0,5}$/.test(digits) &&
      end <= bytes.length &&
      equals !== -1 &&
      equals < end &&
      bytes[end - 1] === 0x0a;
    if (!sound) throw badArchive('an extended header of its tar archive is damaged.');
    yield [bytes.toString('utf8', blank + 1, equals), bytes.toString('utf8', equals + 1, end - 1)];
    position = end;
  }
}
