import { describe, expect, it } from '@jest/globals';
import {
  archiveOf,
  metadataText,
  sdist,
  tar,
  wheel,
  wheelMembers,
  zip,
  type ZipMember,
  type ZipOptions,
} from '../test/archives.js';
import { parseFileName } from './filenames.js';
import { readWheel } from './wheel.js';

const distribution = parseFileName('demo-1.0-py3-none-any.whl');
const good = wheelMembers('demo', '1.0');
const info = 'demo-1.0.dist-info';

function read(bytes: Buffer) {
  return readWheel(archiveOf(bytes), distribution);
}

function withMember(member: ZipMember, options: ZipOptions = {}): Buffer {
  return zip([member, ...good], options);
}

function without(name: string): Buffer {
  return zip(good.filter(member => !member.name.endsWith(name)));
}

function with64(bytes: Buffer, bend: (record: Buffer) => void = () => undefined): Buffer {
  const end = Buffer.from(bytes.subarray(-22));
  const record = Buffer.alloc(76);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(end.readUInt16LE(8)), 24);
  record.writeBigUInt64LE(BigInt(end.readUInt16LE(10)), 32);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(12)), 40);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(16)), 48);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(bytes.length - 22), 64);
  record.writeUInt32LE(1, 72);
  bend(record);
  end.fill(0xff, 8, 20);
  return Buffer.concat([bytes.subarray(0, -22), record, end]);
}

describe('readWheel', () => {
  it('gives METADATA byte for byte', async () => {
    const text = `\ufeff${metadataText('demo', '1.0', 'Summary: schön\r\n')}\r\nBody\r\n`;
    const members = good.map(member => (member.name.endsWith('METADATA') ? { ...member, content: text } : member));
    expect((await read(zip(members))).toString()).toBe(text);
  });

  it('takes stored members, ZIP64 records, extra fields, folders and names beyond ASCII', async () => {
    const extra = Buffer.from([0x55, 0x54, 0x01, 0x00, 0x00]);
    const bytes = zip([
      { name: 'demo/', content: '', method: 0 },
      { name: 'demo/ä.py', content: 'x = 1', extra },
      ...good.map(member => ({ ...member, method: 0 })),
    ]);
    expect((await read(bytes)).toString()).toContain('Name: demo');
    expect((await read(with64(bytes))).toString()).toContain('Name: demo');
  });

  it('takes a dist-info folder in another spelling of the same name and version', async () => {
    const members = good.map(member => ({ ...member, name: member.name.replace(info, 'Demo-1.0.0.dist-info') }));
    expect((await read(zip(members))).toString()).toContain('Name: demo');
  });

  it('reads little of a large wheel', async () => {
    const archive = archiveOf(zip([{ name: 'demo/data.bin', content: Buffer.alloc(20_000_000), method: 0 }, ...good]));
    await readWheel(archive, distribution);
    expect(archive.readBytes).toBeLessThan(100_000);
  });

  it.each([
    ['text with the name of a wheel', Buffer.from('hello'.repeat(20)), 'end record'],
    ['an empty file', Buffer.alloc(0), 'too short'],
    ['an sdist with the name of a wheel', sdist('demo', '1.0'), 'end record'],
    ['a cut wheel', wheel('demo', '1.0').subarray(0, -30), 'end record'],
    ['a comment', zip(good, { comment: 'hi' }), 'comment'],
    ['trailing bytes', zip(good, { suffix: 'x' }), 'bytes behind'],
    ['bytes in front', zip(good, { prefix: '#!/bin/sh\n' }), 'before'],
    ['bytes between members', zip(good, { gap: 'xx' }), 'between'],
    ['bytes before the central directory', zip(good, { beforeDirectory: 'xx' }), 'central directory'],
    ['a count too low', zip(good, { count: 3 }), 'counts'],
    ['a count too high', zip(good, { count: 5 }), 'counts'],
    ['two members of one name', withMember({ name: `${info}/METADATA`, content: 'x' }), 'two members'],
    [
      'another name in the local header',
      withMember({ name: 'a.py', localName: 'b.py', content: 'x' }),
      'does not agree',
    ],
    ['a data descriptor', withMember({ name: 'a.py', content: 'x', flags: 8 }), 'data descriptor'],
    ['an encrypted member', withMember({ name: 'a.py', content: 'x', flags: 1 }), 'encrypted'],
    ['bzip2', withMember({ name: 'a.py', content: 'x', method: 12 }), 'method 12'],
    ['a comment of a member', withMember({ name: 'a.py', content: 'x', comment: 'hi' }), 'comment'],
    [
      'a stored member of two sizes',
      withMember({ name: 'a.py', content: 'x', method: 0, inflatedBytes: 9 }),
      'contradict',
    ],
    [
      'a second name in an extra field',
      withMember({ name: 'a.py', content: 'x', extra: Buffer.from([0x75, 0x70, 0, 0]) }),
      'second name',
    ],
    ['a cut extra field', withMember({ name: 'a.py', content: 'x', extra: Buffer.from([1, 2, 9, 0]) }), 'extra field'],
    [
      'a ZIP64 field of odd length',
      withMember({ name: 'a.py', content: 'x', extra: Buffer.from([1, 0, 1, 0, 0]) }),
      'ZIP64',
    ],
    [
      'two ZIP64 fields',
      withMember({ name: 'a.py', content: 'x', extra: Buffer.from([1, 0, 0, 0, 1, 0, 0, 0]) }),
      'two ZIP64',
    ],
    ['a name that is not marked as UTF-8', withMember({ name: 'ä.py', content: 'x', flags: 0 }), 'UTF-8'],
    ['a bomb', withMember({ name: 'a.py', content: Buffer.alloc(70_000_000) }), '200 times'],
    [
      'METADATA of 5 MiB',
      zip([...good.slice(2), { name: `${info}/METADATA`, content: Buffer.alloc(5 << 20, 0x61) }]),
      'larger than',
    ],
    [
      'METADATA that inflates beyond its size',
      zip([...good.slice(2), { name: `${info}/METADATA`, content: 'x'.repeat(9999), inflatedBytes: 99 }]),
      'damaged',
    ],
    ['no METADATA', without('METADATA'), 'no demo-1.0.dist-info/METADATA'],
    ['no WHEEL', without('WHEEL'), 'no demo-1.0.dist-info/WHEEL'],
    ['no RECORD', without('RECORD'), 'no demo-1.0.dist-info/RECORD'],
    ['no dist-info', zip([{ name: 'a.py', content: 'x' }]), 'this one has 0'],
    ['no members', zip([]), 'this one has 0'],
    ['two dist-info folders', withMember({ name: 'other-1.0.dist-info/METADATA', content: 'x' }), 'this one has 2'],
    ['dist-info of another project', wheel('other', '1.0'), 'is not that of'],
    ['dist-info of another version', wheel('demo', '1.1'), 'is not that of'],
    [
      'an unknown wheel version',
      zip(good.map(m => (m.name.endsWith('WHEEL') ? { ...m, content: 'Wheel-Version: 2.0\n' } : m))),
      'Wheel-Version',
    ],
    [
      'no Root-Is-Purelib',
      zip(good.map(m => (m.name.endsWith('WHEEL') ? { ...m, content: 'Wheel-Version: 1.0\n' } : m))),
      'Root-Is-Purelib',
    ],
    ['a ZIP64 record elsewhere', with64(zip(good), record => record.writeBigUInt64LE(7n, 64)), 'ZIP64'],
    ['a ZIP64 record of another count', with64(zip(good), record => record.writeBigUInt64LE(5n, 32)), 'split'],
  ])('refuses %s', async (_name, bytes, words) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'invalid-package',
      message: expect.stringContaining(words),
    });
  });

  it.each([['../a'], ['/a'], ['C:/a'], ['a\\b'], ['a//b'], ['a/./b'], ['a\nb'], ['a'.repeat(1025)]])(
    'refuses the path %j',
    async name => {
      await expect(read(withMember({ name, content: 'x' }))).rejects.toMatchObject({
        message: expect.stringContaining('path of a member'),
      });
    },
  );

  it('refuses a file that is a tar archive too', async () => {
    const name = tar([{ name: 'PK' }]).toString('latin1', 2, 512);
    const bytes = withMember({ name: 'x'.repeat(482), content: 'x', method: 0 });
    bytes.write(name.slice(0, 98), 30, 'latin1');
    // A checksum over the first 512 bytes is all that makes a tar archive; this one is written into the member's name.
    bytes.write('        ', 148, 'latin1');
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}  `, 148, 'latin1');
    await expect(read(bytes)).rejects.toMatchObject({ code: 'invalid-package' });
  });

  it('answers a directory of 100,001 members in little time', async () => {
    const members = Array.from({ length: 100_001 }, (_, i) => ({ name: `m${i}`, content: '', method: 0 }));
    const bytes = with64(zip(members, { count: 0 }), record => {
      record.writeBigUInt64LE(100_001n, 24);
      record.writeBigUInt64LE(100_001n, 32);
    });
    await expect(read(bytes)).rejects.toMatchObject({ message: expect.stringContaining('100000') });
  });
});
