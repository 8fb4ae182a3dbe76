import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { packageTarball, pax, stagedBytes, tar, type TarEntry } from '../test/tarballs.js';
import { tarLimits } from './tar-guard.js';
import { readTarball } from './tarball.js';

const own: TarEntry = { name: 'package/package.json', body: '{"name":"foo","version":"1.0.0"}' };

function read(bytes: Buffer, limits = tarLimits) {
  return readTarball(stagedBytes(bytes), limits);
}

function pack(...entries: TarEntry[]): Buffer {
  return gzipSync(tar(entries));
}

describe('readTarball', () => {
  it('reads package.json, counts files and sums their sizes', async () => {
    const contents = await read(
      packageTarball({ name: 'foo' }, { 'index.js': '12345', 'lib/a.js': '', 'binding.gyp': '{}' }),
    );
    expect(contents).toMatchObject({
      packageJson: { name: 'foo' },
      fileCount: 4,
      unpackedBytes: 14 + 5 + 2,
      readme: undefined,
    });
    expect([...contents.paths]).toEqual(['package.json', 'index.js', 'lib/a.js', 'binding.gyp']);
  });

  it.each([['package'], ['foo-1.0.0'], ['.']])('takes any root folder: %s', async folder => {
    const contents = await read(
      pack({ ...own, name: `${folder}/package.json` }, { name: `${folder}/lib/`, type: '5' }),
    );
    expect(contents.packageJson).toEqual({ name: 'foo', version: '1.0.0' });
    expect(contents.fileCount).toBe(1);
  });

  it('prefers README.md and cuts it at 64 KiB between characters', async () => {
    const text = `x${'é'.repeat(40_000)}`;
    const contents = await read(
      packageTarball({}, { README: 'plain', 'README.md': text, 'readme.txt': 'other', 'lib/README.md': 'inner' }),
    );
    expect(contents.readme?.file).toBe('README.md');
    expect(contents.readme?.text).toBe(text.slice(0, 1 + 32_767));
  });

  it('reads long names from PAX and GNU headers, a PAX size that agrees, and a global header', async () => {
    const path = `package/${'d/'.repeat(100)}file.js`;
    const contents = await read(
      pack(
        pax({ comment: 'made from a commit' }, 'g'),
        own,
        pax({ path, size: '3', mtime: '1' }),
        { name: 'package/short', body: 'abc' },
        { name: '././@LongLink', type: 'L', body: `${path}2\0` },
        { name: 'package/short2', body: 'ab' },
      ),
    );
    expect([...contents.paths]).toEqual(['package.json', path.slice(8), `${path.slice(8)}2`]);
  });

  it('takes a byte order mark before package.json', async () => {
    expect((await read(packageTarball('\uFEFF{"name":"foo"}'))).packageJson).toEqual({ name: 'foo' });
  });

  const negative = Buffer.alloc(12, 0xff);
  const huge = Buffer.concat([Buffer.from([0x80]), Buffer.alloc(11, 0xff)]);
  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['no gzip', Buffer.from('hello world, this is no archive')],
    ['gzip of something else', gzipSync('hello'.repeat(300))],
    ['a cut gzip', packageTarball({}).subarray(0, -6)],
    ['a gzip with something behind it', Buffer.concat([packageTarball({}), Buffer.alloc(10)])],
    ['a bad checksum', pack({ ...own, badChecksum: true })],
    ['an archive that is cut in an entry', gzipSync(tar([own]).subarray(0, 520))],
    ['an archive that is cut in a header', gzipSync(tar([own]).subarray(0, 100))],
    ['an entry behind the end', gzipSync(Buffer.concat([tar([own]), tar([{ name: 'package/x' }])]))],
    ['no package.json', pack({ name: 'package/index.js' })],
    ['a package.json outside a root folder', pack({ ...own, name: 'package.json' })],
    ['two root package.json', pack(own, own)],
    ['two root package.json in two folders', pack(own, { ...own, name: 'other/package.json' })],
    ['a path twice', pack(own, { name: 'package/a' }, { name: 'package/a' })],
    ['a package.json that is no JSON', packageTarball('{')],
    ['a package.json that is no object', packageTarball('[]')],
    ['a package.json of more than 1 MiB', packageTarball({ x: 'x'.repeat(1024 * 1024) })],
    ['steps upwards', pack(own, { name: 'package/../../x' })],
    ['an absolute path', pack(own, { name: '/etc/x' })],
    ['a drive letter', pack(own, { name: 'C:/x/y' })],
    ['a backslash', pack(own, { name: 'package\\..\\x' })],
    ['a path with an empty part', pack(own, { name: 'package//x' })],
    ['steps upwards in a PAX path', pack(own, pax({ path: 'package/../../x' }), { name: 'package/x' })],
    ['a path of more than 1,024 bytes', pack(own, pax({ path: `package/${'x'.repeat(1100)}` }), { name: 'package/x' })],
    ['a symbolic link', pack(own, { name: 'package/x', type: '2' })],
    ['a hard link', pack(own, { name: 'package/x', type: '1' })],
    ['a device', pack(own, { name: 'package/x', type: '3' })],
    ['a pipe', pack(own, { name: 'package/x', type: '6' })],
    ['a sparse file', pack(own, { name: 'package/x', type: 'S' })],
    ['a negative size', pack(own, { name: 'package/x', size: negative })],
    ['a size beyond every number', pack(own, { name: 'package/x', size: huge })],
    ['a size that is no number', pack(own, { name: 'package/x', size: 'abcdefghijk\0' })],
    ['a directory with a size', pack(own, { name: 'package/d', type: '5', body: 'abc' })],
    ['a directory by its name with a size', pack(own, { name: 'package/d/', body: 'abc' })],
    [
      'a directory by its PAX name with a size',
      pack(own, pax({ path: 'package/d/' }), { name: 'package/d', body: 'abc' }),
    ],
    ['a PAX size that differs', pack(own, pax({ size: '4' }), { name: 'package/x', body: 'abc' })],
    ['a PAX size that is no number', pack(own, pax({ size: '-1' }), { name: 'package/x', body: 'abc' })],
    ['a PAX header with a sparse map', pack(own, pax({ 'GNU.sparse.size': '1' }), { name: 'package/x' })],
    ['a global PAX path', pack(pax({ path: 'package/package.json' }, 'g'), own)],
    ['a malformed PAX header', pack(own, { name: 'p', type: 'x', body: '99 path=x\n' }, { name: 'package/x' })],
    [
      'two PAX headers before one entry',
      pack(own, pax({ path: 'package/a' }), pax({ path: 'package/b' }), { name: 'package/x' }),
    ],
    ['a PAX header without an entry', pack(own, pax({ path: 'package/a' }))],
    ['a PAX header of more than 64 KiB', pack(own, pax({ comment: 'x'.repeat(70_000) }), { name: 'package/x' })],
  ])('refuses %s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ code: 'invalid-package' });
  });

  it.each([
    ['too many entries', { ...tarLimits, entries: 2 }],
    ['too many bytes', { ...tarLimits, inflatedBytes: 100_000 }],
    ['too high a ratio', { ...tarLimits, ratio: 10, ratioFromBytes: 10_000 }],
  ])('refuses %s', async (_, limits) => {
    const bytes = packageTarball({}, { a: '', b: 'x'.repeat(200_000) });
    await expect(read(bytes)).resolves.toMatchObject({ fileCount: 3 });
    await expect(read(bytes, limits)).rejects.toMatchObject({ code: 'invalid-package' });
  });
});
