import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { archiveOf, metadataText, sdist, tar, tarGz, wheel, type TarMemberSource } from '../test/archives.js';
import { parseFileName } from './filenames.js';
import { readSdist } from './sdist.js';

const distribution = parseFileName('demo-1.0.tar.gz');
const info: TarMemberSource = { name: 'demo-1.0/PKG-INFO', content: metadataText('demo', '1.0') };

function read(bytes: Buffer) {
  return readSdist(archiveOf(bytes), distribution);
}

function withMember(...members: TarMemberSource[]): Buffer {
  return tarGz([info, ...members]);
}

function pax(text: string): TarMemberSource {
  let length = text.length + 2;
  while (`${length} ${text}\n`.length !== length) length++;
  return { name: 'pax', type: 'x', content: `${length} ${text}\n` };
}

describe('readSdist', () => {
  it('gives PKG-INFO byte for byte, also from a stream of odd pieces', async () => {
    expect((await read(sdist('demo', '1.0', 'Summary: schön\r\n'))).toString()).toContain('Summary: schön\r\n');
  });

  it.each([
    ['long names', withMember(pax(`path=demo-1.0/${'a/'.repeat(100)}x`), { name: 'demo-1.0/short', content: 'x' })],
    [
      'GNU long names',
      withMember(
        { name: '././@LongLink', type: 'L', content: `demo-1.0/${'a'.repeat(200)}\0` },
        { name: 'x', content: 'x' },
      ),
    ],
    ['an equal size in an extended header', withMember(pax('size=1'), { name: 'demo-1.0/a', content: 'x' })],
    [
      'links inside',
      withMember(
        { name: 'demo-1.0/a/b', type: '2', linkName: '../PKG-INFO' },
        { name: 'demo-1.0/c', type: '1', linkName: 'demo-1.0/PKG-INFO' },
      ),
    ],
    ['folders that come twice', withMember({ name: 'demo-1.0/a/', type: '5' }, { name: 'demo-1.0/a/', type: '5' })],
    ['a PKG-INFO in a deeper folder', withMember({ name: 'demo-1.0/demo.egg-info/PKG-INFO', content: 'other' })],
    [
      'gzip in two members',
      Buffer.concat([gzipSync(tar([info]).subarray(0, 700)), gzipSync(tar([info]).subarray(700))]),
    ],
    ['a top folder in another spelling', tarGz([{ ...info, name: 'Demo-1.0.0/PKG-INFO' }])],
    ['much padding', tarGz([info], Buffer.alloc(10_240))],
  ])('takes %s', async (_name, bytes) => {
    expect((await read(bytes)).toString()).toBe(info.content);
  });

  const negative = Buffer.alloc(12, 0xff);
  const huge = Buffer.from([0x80, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);

  it.each([
    ['no gzip', Buffer.from('hello'), 'not a gzip'],
    ['an empty file', Buffer.alloc(0), 'not a gzip'],
    ['a wheel with the name of an sdist', wheel('demo', '1.0'), 'not a gzip'],
    ['a cut gzip', sdist('demo', '1.0').subarray(0, -20), 'damaged or cut'],
    ['a damaged gzip', Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), Buffer.alloc(50, 0x55)]), 'damaged or cut'],
    [
      'bytes behind the gzip',
      Buffer.concat([sdist('demo', '1.0'), Buffer.from('x'.repeat(100))]),
      'other bytes stand behind',
    ],
    ['padding behind the gzip', Buffer.concat([sdist('demo', '1.0'), Buffer.alloc(100)]), 'padding behind'],
    ['a ZIP behind the gzip', Buffer.concat([sdist('demo', '1.0'), wheel('demo', '1.0')]), 'gzip and as a ZIP'],
    ['text in the gzip', gzipSync(Buffer.from('hello'.repeat(300))), 'header of its tar'],
    ['a tar without an end', tarGz([info], Buffer.alloc(0)), 'cut'],
    ['a cut tar', gzipSync(tar([info]).subarray(0, 600)), 'cut'],
    [
      'members behind the end',
      gzipSync(Buffer.concat([tar([info]), tar([{ ...info, name: 'demo-1.0/b' }])])),
      'behind the end',
    ],
    ['a wrong checksum', tarGz([{ ...info, checksum: 1 }]), 'header of its tar'],
    ['a negative size', withMember({ name: 'demo-1.0/a', size: negative }), 'negative'],
    ['a size beyond every limit', withMember({ name: 'demo-1.0/a', size: huge }), 'beyond every limit'],
    ['a size that is no number', withMember({ name: 'demo-1.0/a', size: Buffer.from('9z9         ') }), 'not a number'],
    ['a folder with a size', withMember({ name: 'demo-1.0/a/', type: '5', content: 'x' }), 'has a size'],
    ['two sizes', withMember(pax('size=2'), { name: 'demo-1.0/a', content: 'x' }), 'two different sizes'],
    [
      'a damaged extended header',
      withMember({ name: 'pax', type: 'x', content: '99 path=x\n' }, { name: 'demo-1.0/a' }),
      'damaged',
    ],
    [
      'an extended header that is too long',
      withMember(pax(`comment=${'x'.repeat(70_000)}`), { name: 'demo-1.0/a' }),
      'larger than',
    ],
    [
      'a global header that renames',
      withMember({ ...pax('path=demo-1.0/x'), type: 'g' }, { name: 'demo-1.0/a' }),
      'global header',
    ],
    ['a sparse member', withMember(pax('GNU.sparse.major=1'), { name: 'demo-1.0/a' }), 'sparse'],
    ['an old sparse member', withMember({ name: 'demo-1.0/a', type: 'S' }), 'neither a file'],
    ['a device', withMember({ name: 'demo-1.0/a', type: '3' }), 'neither a file'],
    ['a FIFO', withMember({ name: 'demo-1.0/a', type: '6' }), 'neither a file'],
    ['two members of one name', withMember({ name: 'demo-1.0/a' }, { name: 'demo-1.0/a' }), 'two members'],
    ['a symlink out', withMember({ name: 'demo-1.0/a', type: '2', linkName: '../x' }), 'points outside'],
    ['an absolute symlink', withMember({ name: 'demo-1.0/a', type: '2', linkName: '/etc/passwd' }), 'points outside'],
    [
      'a symlink out and in again',
      withMember({ name: 'demo-1.0/a', type: '2', linkName: '../demo-1.0/PKG-INFO' }),
      'points outside',
    ],
    ['a hard link out', withMember({ name: 'demo-1.0/a', type: '1', linkName: 'other/x' }), 'points outside'],
    ['an absolute path', withMember({ name: '/demo-1.0/a' }), 'path of a member'],
    ['a path upwards', withMember({ name: 'demo-1.0/../../a' }), 'path of a member'],
    ['two top folders', withMember({ name: 'other-1.0/a' }), 'two top folders'],
    ['a file beside the top folder', withMember({ name: 'a.py' }), 'outside its top folder'],
    ['the top folder of another project', sdist('other', '1.0'), 'is not that of'],
    ['the top folder of another version', sdist('demo', '2.0'), 'is not that of'],
    ['no PKG-INFO', tarGz([{ name: 'demo-1.0/a' }]), 'no PKG-INFO'],
    ['PKG-INFO of 5 MiB', tarGz([{ ...info, content: Buffer.alloc(5 << 20, 0x61) }]), 'larger than'],
    ['a bomb', withMember({ name: 'demo-1.0/a', content: Buffer.alloc(70_000_000) }), '200 times'],
  ])('refuses %s', async (_name, bytes, words) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'invalid-package',
      message: expect.stringContaining(words),
    });
  });
});
