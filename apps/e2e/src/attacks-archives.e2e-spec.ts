import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { publishDocument } from '../../../libs/formats/npm/test/publish-document.js';
import { packageTarball, pax, tar, type TarEntry } from '../../../libs/formats/npm/test/tarballs.js';
import { metadataText, sdist, tarGz, wheelMembers, zip, type TarMemberSource, type ZipMember } from '../../../libs/formats/pypi/test/archives.js';
import { multipart, multipartType, uploadParts } from '../../../libs/formats/pypi/test/forms.js';
import { ask, expectUnharmed, longestPause, makeBoxes, stateOf, type RequestParts } from './attack-tools.js';

const zeros = Buffer.alloc(80 * 1024 * 1024);
const own: TarEntry = { name: 'package/package.json', body: JSON.stringify({ name: 'bomb', version: '1.0.0' }) };
const base256 = (...bytes: number[]): Buffer => Buffer.from([...bytes, ...Buffer.alloc(12 - bytes.length)]);
const tgz = (...entries: TarEntry[]): Buffer => gzipSync(tar([own, ...entries]));

/** Tarballs of npm packages, in the order of how often they have stopped some registry. */
const tarballs: readonly (readonly [string, () => Buffer])[] = [
  ['a bomb', () => tgz({ name: 'package/x', body: zeros })],
  ['a bomb in a bomb', () => gzipSync(gzipSync(tar([own, { name: 'package/x', body: zeros }])))],
  ['a bomb of many members of gzip', () => Buffer.concat(Array.from({ length: 3 }, () => gzipSync(zeros)))],
  ['200,000 entries', () => gzipSync(Buffer.concat([tar([own], Buffer.alloc(0)), repeated(200_000)]))],
  ['a negative size', () => tgz({ name: 'package/x', size: base256(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) })],
  ['a huge size in base 256', () => tgz({ name: 'package/x', size: base256(0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) })],
  ['a size that is no number', () => tgz({ name: 'package/x', size: 'NaNNaNNaNNa\0' })],
  ['a signed size', () => tgz({ name: 'package/x', size: '-0000000001\0' })],
  ['a size beyond its end', () => tgz({ name: 'package/x', size: '77777777777\0' })],
  ['a directory with a size', () => tgz({ name: 'package/x/', type: '5', body: 'x'.repeat(512) })],
  ['a file that is called like a directory, with a size', () => tgz({ name: 'package/x/', body: 'x'.repeat(512) })],
  ['a huge PAX header', () => tgz({ name: 'PaxHeader/x', type: 'x', body: 'a'.repeat(128 * 1024) }, { name: 'package/x' })],
  ['endless PAX headers', () => tgz(...Array.from({ length: 1_000 }, () => pax({ path: 'package/y' })), { name: 'package/x' })],
  ['a PAX size that lies', () => tgz(pax({ size: '1048576' }), { name: 'package/x', body: 'x' })],
  ['a PAX path that leaves', () => tgz(pax({ path: '../../../etc/passwd' }), { name: 'package/x', body: 'x' })],
  ['a PAX link', () => tgz(pax({ linkpath: '/etc/passwd' }), { name: 'package/x', body: 'x' })],
  ['a global PAX path', () => tgz(pax({ path: 'package/package.json' }, 'g'), { name: 'package/x', body: 'x' })],
  ['a malformed PAX record', () => tgz({ name: 'PaxHeader/x', type: 'x', body: '99999999999 path=x\n' }, { name: 'package/x' })],
  ['a long name that leaves', () => tgz({ name: '././@LongLink', type: 'L', body: `package/${'../'.repeat(50)}etc/passwd\0` }, { name: 'package/x', body: 'x' })],
  ['a sparse file', () => tgz({ name: 'package/x', type: 'S', body: 'x' })],
  ...['1', '2', '3', '4', '6', '7', 'V', 'M', 'N', 'K'].map(type => [`an entry of the type ${type}`, () => tgz({ name: 'package/x', type, body: '' })] as const),
  ...['../x', 'package/../../x', '/etc/passwd', 'package//x', 'package\\..\\x', 'C:/x', 'package/./x', 'package/..'].map(
    name => [`the path ${JSON.stringify(name)}`, () => tgz({ name, body: 'x' })] as const,
  ),
  ['the package.json twice', () => tgz(own)],
  ['another package.json in another folder', () => tgz({ name: 'other/package.json', body: JSON.stringify({ name: 'other', version: '1.0.0' }) })],
  ['a bad checksum', () => tgz({ name: 'package/x', badChecksum: true })],
  ['bytes behind its end', () => Buffer.concat([packageTarball({ name: 'bomb', version: '1.0.0' }), Buffer.from('trailing')])],
  ['a second archive behind its end', () => gzipSync(Buffer.concat([tar([own]), tar([{ name: 'package/x', body: 'x' }])]))],
  ['an end in the middle', () => tgz({ name: 'package/x', body: 'x'.repeat(5_000) }).subarray(0, 120)],
  ['a package.json of 2 MiB', () => gzipSync(tar([{ name: 'package/package.json', body: JSON.stringify({ name: 'bomb', version: '1.0.0', x: 'y'.repeat(2 * 1024 * 1024) }) }]))],
  ['a package.json with __proto__', () => packageTarball('{"name":"bomb","version":"1.0.0","__proto__":{"private":false}}')],
  ['a package.json of 100,000 levels', () => packageTarball(`{"name":"bomb","version":"1.0.0","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
  ['another name in the package.json (A83)', () => packageTarball({ name: 'other', version: '1.0.0' })],
  ['a name that is an object', () => packageTarball({ name: { toString: 'bomb' }, version: '1.0.0' })],
];

/** Empty files, all of one header. */
function repeated(count: number): Buffer {
  const one = tar([{ name: 'package/x' }], Buffer.alloc(0));
  const all = Buffer.alloc(one.length * count + 1024);
  all.fill(one, 0, one.length * count);
  return all;
}

const info = 'bomb-1.0.dist-info';
const withMember = (member: ZipMember): Buffer => zip([...wheelMembers('bomb', '1.0'), member]);
/** Another archive between the end of the first and its own: a second end record. */
const twoEnds = (): Buffer => {
  const first = zip(wheelMembers('bomb', '1.0'));
  return Buffer.concat([first, zip(wheelMembers('other', '1.0'), { prefix: '' })]);
};

const wheels: readonly (readonly [string, () => Buffer])[] = [
  ['a bomb', () => withMember({ name: 'bomb/x', content: zeros })],
  ['a METADATA that is a bomb', () => zip([...wheelMembers('bomb', '1.0').filter(({ name }) => !name.endsWith('METADATA')), { name: `${info}/METADATA`, content: Buffer.concat([Buffer.from(metadataText('bomb', '1.0')), zeros]) }])],
  ['a METADATA whose size lies', () => zip(wheelMembers('bomb', '1.0').map(member => (member.name.endsWith('METADATA') ? { ...member, inflatedBytes: 5 } : member)))],
  ['a METADATA whose size lies above', () => zip(wheelMembers('bomb', '1.0').map(member => (member.name.endsWith('METADATA') ? { ...member, inflatedBytes: 4_000_000_000 } : member)))],
  ['another name in the local header', () => withMember({ name: 'bomb/x', localName: 'bomb/y', content: 'x' })],
  ['METADATA under another local name', () => zip(wheelMembers('bomb', '1.0').map(member => (member.name.endsWith('METADATA') ? { ...member, localName: `${info}/METADATB` } : member)))],
  ['a second end record', twoEnds],
  ['an end record in its comment', () => zip(wheelMembers('bomb', '1.0'), { comment: `PK\u0005\u0006${'\0'.repeat(18)}` })],
  ['two members of one name', () => withMember({ name: `${info}/METADATA`, content: metadataText('other', '9.0') })],
  ...['../x', '/etc/passwd', 'bomb\\..\\x', 'C:/x', 'bomb//x', 'bomb/./x', 'bomb/\u0000x'].map(name => [`the path ${JSON.stringify(name)}`, () => withMember({ name, content: 'x' })] as const),
];

const top = 'bomb-1.0';
const pkgInfo: TarMemberSource = { name: `${top}/PKG-INFO`, content: metadataText('bomb', '1.0') };
const sdists: readonly (readonly [string, () => Buffer])[] = [
  ['a bomb', () => tarGz([pkgInfo, { name: `${top}/x`, content: zeros }])],
  ['a negative size', () => tarGz([pkgInfo, { name: `${top}/x`, size: base256(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) }])],
  ['a size beyond its end', () => tarGz([pkgInfo, { name: `${top}/x`, size: 0o77777777777 }])],
  ['a directory with a size', () => tarGz([pkgInfo, { name: `${top}/x/`, type: '5', content: 'x'.repeat(512) }])],
  ['a link that leaves', () => tarGz([pkgInfo, { name: `${top}/x`, type: '2', linkName: '../../../etc/passwd' }])],
  ['a hard link that leaves', () => tarGz([pkgInfo, { name: `${top}/x`, type: '1', linkName: '/etc/passwd' }])],
  ['a device', () => tarGz([pkgInfo, { name: `${top}/x`, type: '3' }])],
  ...['../x', '/etc/passwd', `${top}/../../x`, `${top}\\..\\x`].map(name => [`the path ${name}`, () => tarGz([pkgInfo, { name, content: 'x' }])] as const),
  ['two PKG-INFO', () => tarGz([pkgInfo, pkgInfo])],
  ['a PKG-INFO that is a link', () => tarGz([{ name: `${top}/PKG-INFO`, type: '2', linkName: '/etc/passwd' }])],
  ['bytes behind its end', () => Buffer.concat([sdist('bomb', '1.0'), Buffer.from('trailing')])],
];

describe('an archive with', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
    await makeBoxes(server);
  });
  afterAll(() => server.stop());

  const refuse = async (parts: RequestParts, statuses: readonly number[]): Promise<void> => {
    const before = await stateOf(server);
    const memory = process.memoryUsage().rss;
    const pause = await longestPause(async () => {
      const answer = await ask(server, { ...parts, headers: { authorization: server.admin.bearer, ...parts.headers } }, { patienceMs: 40_000 });
      expect([answer.text.slice(0, 200), statuses.includes(answer.status)]).toEqual([answer.text.slice(0, 200), true]);
    });
    expect(pause).toBeLessThan(250);
    expect(process.memoryUsage().rss - memory).toBeLessThan(150 * 1024 * 1024);
    await expectUnharmed(server, before);
  };

  it.each(tarballs)('%s is refused as an npm package, and nothing is stored (A83, A95, A96, A97)', async (_, make) => {
    const body = JSON.stringify(publishDocument({ name: 'bomb', version: '1.0.0', tarball: make() }));
    await refuse({ method: 'PUT', path: '/repository/npm-box/bomb', headers: { 'content-type': 'application/json' }, body }, [400, 422]);
  });

  // Of the other members only the headers are read: what their data inflate to is for the installer's CRC to say.
  it.each(wheels)('%s is refused as a wheel, and nothing is stored (A84, A85, A95, A96)', async (_, make) => {
    const body = multipart(uploadParts('bomb-1.0-py3-none-any.whl', make()));
    await refuse({ method: 'POST', path: '/repository/pypi-box/', headers: { 'content-type': multipartType }, body }, [400]);
  });

  it.each(sdists)('%s is refused as an sdist, and nothing is stored (A86, A95, A96, A97)', async (_, make) => {
    const body = multipart(uploadParts('bomb-1.0.tar.gz', make()));
    await refuse({ method: 'POST', path: '/repository/pypi-box/', headers: { 'content-type': multipartType }, body }, [400]);
  });
});
