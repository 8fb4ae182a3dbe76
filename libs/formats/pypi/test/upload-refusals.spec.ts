import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { pypi } from '../index.js';
import { metadataText, sdist, tarGz, wheel, wheelMembers, zip } from './archives.js';
import { PypiClient, type Answer } from './client.js';
import { multipart, multipartType, uploadParts, wheelName, type FormPart } from './forms.js';
import { Stored } from './stored.js';

describe('refused by a Python repository, with nothing stored:', () => {
  let server: TestServer;
  let client: PypiClient;
  let stored: Stored;
  let counter = 0;
  /** A project of its own for each test. */
  let name: string;

  beforeAll(async () => {
    server = await startTestServer({ formats: [pypi] });
    stored = new Stored(server);
    await server.createRepository('py', 'pypi');
    await server.createRepository('small', 'pypi', { maxFileBytes: 2000 });
    client = new PypiClient(`${server.url}/repository/py`, server.admin.token);
  }, 60_000);
  afterAll(() => server.stop(), 60_000);
  beforeEach(() => {
    name = `demo${++counter}`;
  });

  async function refused(upload: () => Promise<Answer>, status: number, words: string): Promise<void> {
    const before = await stored.count();
    expectRefusal(await upload(), status, words);
    expect(await stored.count()).toEqual(before);
  }

  const anyDigest = 'a'.repeat(64);

  it.each<[string, Record<string, string | undefined>, number, string]>([
    ['no action', { ':action': undefined }, 400, ':action'],
    ['an unknown action', { ':action': 'x' }, 400, ':action'],
    ['an action that is gone', { ':action': 'submit' }, 410, 'no longer supported'],
    ['another protocol', { protocol_version: '2' }, 400, 'protocol_version'],
    ['no filetype', { filetype: undefined }, 400, 'filetype'],
    ['an old filetype', { filetype: 'bdist_egg' }, 400, 'filetype'],
    ['the filetype of an sdist', { filetype: 'sdist', pyversion: 'source' }, 400, 'filetype'],
    ['no pyversion', { pyversion: undefined }, 400, 'pyversion'],
    ['no digest', { sha256_digest: undefined, md5_digest: undefined }, 400, 'digest'],
    ['a short digest', { sha256_digest: 'a'.repeat(63) }, 400, 'sha256_digest'],
    ['a wrong sha256', { sha256_digest: anyDigest }, 400, 'digest supplied does not match'],
    ['a wrong md5', { md5_digest: 'a'.repeat(32) }, 400, 'digest supplied does not match'],
    ['a wrong BLAKE2', { blake2_256_digest: anyDigest }, 400, 'digest supplied does not match'],
    ['another name in the form', { name: 'other' }, 400, 'other'],
    ['no name', { name: undefined }, 400, '"name"'],
    ['a name that is none', { name: 'a\nb' }, 400, 'project name'],
    ['another version in the form', { version: '2.0' }, 400, '2.0'],
    ['a version that is none', { version: 'bulbasaur' }, 400, 'PEP 440'],
  ])('%s', async (_name, changes, status, words) => {
    await refused(() => client.upload(wheelName(name), wheel(name, '1.0'), changes), status, words);
  });

  it.each([
    ['../x-1.0.tar.gz', 'file name'],
    ['a/b.whl', 'file name'],
    ['.whl', 'file name'],
    ['foo-1.0.exe', '.whl or .tar.gz'],
    ['foo-1.0.tar.bz2', '.whl or .tar.gz'],
    [`${'a'.repeat(300)}-1.0.tar.gz`, '255 bytes'],
    ['Foo-Bar-1.0.tar.gz', 'foo_bar-1.0.tar.gz'],
    ['foo-1.0-py3-none.whl', 'five or six parts'],
  ])('the file name %s', async (fileName, words) => {
    const changes = {
      name: 'foo',
      version: '1.0',
      ...(fileName.endsWith('.whl') ? {} : { filetype: 'sdist', pyversion: 'source' }),
    };
    await refused(() => client.upload(fileName, wheel('foo', '1.0'), changes), 400, words);
  });

  it.each<[string, (name: string) => Buffer, string]>([
    ['text', () => Buffer.from('hello'.repeat(100)), 'ZIP'],
    ['an empty file', () => Buffer.alloc(0), 'ZIP'],
    ['a cut wheel', project => wheel(project, '1.0').subarray(0, -40), 'ZIP'],
    ['an sdist', project => sdist(project, '1.0'), 'ZIP'],
    ['the wheel of another project', () => wheel('other', '1.0'), 'is not that of'],
    ['the wheel of another version', project => wheel(project, '3.0'), 'is not that of'],
    [
      'METADATA of another project',
      project =>
        zip(
          wheelMembers(project, '1.0').map(m =>
            m.name.endsWith('METADATA') ? { ...m, content: metadataText('other', '1.0') } : m,
          ),
        ),
      'project "other"',
    ],
    [
      'a member twice',
      project => zip([...wheelMembers(project, '1.0'), wheelMembers(project, '1.0')[0]!]),
      'two members',
    ],
    [
      'a path upwards',
      project => zip([...wheelMembers(project, '1.0'), { name: '../x', content: '' }]),
      'path of a member',
    ],
    [
      'a bomb',
      project => zip([...wheelMembers(project, '1.0'), { name: 'x', content: Buffer.alloc(70_000_000) }]),
      '200 times',
    ],
    [
      'metadata 3.0',
      project =>
        zip(
          wheelMembers(project, '1.0').map(m =>
            m.name.endsWith('METADATA') ? { ...m, content: metadataText(project, '1.0').replace('2.4', '3.0') } : m,
          ),
        ),
      'Metadata-Version',
    ],
    [
      'a direct URL as dependency',
      project => wheel(project, '1.0', 'Requires-Dist: a @ https://larder.test/a.whl\n'),
      'direct URL',
    ],
  ])('as a wheel: %s', async (_name, bytes, words) => {
    await refused(() => client.upload(wheelName(name), bytes(name)), 400, words);
  });

  it.each<[string, (name: string) => Buffer, string]>([
    ['a wheel', project => wheel(project, '1.0'), 'gzip'],
    ['a cut gzip', project => sdist(project, '1.0').subarray(0, -30), 'gzip'],
    [
      'a link out',
      project =>
        tarGz([
          { name: `${project}-1.0/PKG-INFO`, content: metadataText(project, '1.0') },
          { name: `${project}-1.0/a`, type: '2', linkName: '/etc/passwd' },
        ]),
      'points outside',
    ],
    ['no PKG-INFO', project => tarGz([{ name: `${project}-1.0/a` }]), 'PKG-INFO'],
  ])('as an sdist: %s', async (_name, bytes, words) => {
    await refused(() => client.upload(`${name}-1.0.tar.gz`, bytes(name)), 400, words);
  });

  it.each<[string, (parts: FormPart[]) => FormPart[], string]>([
    ['no content', parts => parts.filter(part => part.name !== 'content'), 'does not have a file'],
    [
      'content as text',
      parts => parts.map(part => (part.name === 'content' ? { name: 'content', value: 'x' } : part)),
      '"content"',
    ],
    [
      'the name as a file',
      parts => parts.map(part => (part.name === 'name' ? { ...part, fileName: 'x' } : part)),
      '"name"',
    ],
    [
      '1,001 fields',
      parts => [...parts, ...Array.from({ length: 1001 }, (_, i) => ({ name: `f${i}`, value: 'x' }))],
      '1000 fields',
    ],
  ])('%s', async (_name, change, words) => {
    await refused(() => client.post(change(uploadParts(wheelName(name), wheel(name, '1.0')))), 400, words);
  });

  it('a description of many megabytes', async () => {
    const parts = [
      ...uploadParts(wheelName(name), wheel(name, '1.0')),
      { name: 'description', value: 'x'.repeat(33 * 1024 ** 2) },
    ];
    await refused(() => client.post(parts), 413, '1 MiB');
  });

  it('a body without its end, with another boundary, or of another type', async () => {
    const body = multipart(uploadParts(wheelName(name), wheel(name, '1.0')));
    for (const [type, bytes] of [
      [multipartType, body.subarray(0, -20)],
      ['multipart/form-data; boundary=YY', body],
      ['application/json', Buffer.from('{}')],
    ] as const) {
      await refused(() => client.send('POST', '/', { headers: { 'content-type': type }, body: bytes }), 400, 'form');
    }
  });

  it('a file above the limit, announced and chunked', async () => {
    const small = new PypiClient(`${server.url}/repository/small`, server.admin.token);
    const large = zip([...wheelMembers(name, '1.0'), { name: 'x', content: Buffer.alloc(3000), method: 0 }]);
    await refused(() => small.upload(wheelName(name), large), 413, 'File too large');
    const body = multipart(uploadParts(wheelName(name), large));
    const headers = { 'content-type': multipartType, 'transfer-encoding': 'chunked' };
    await refused(() => small.send('POST', '/', { headers, body }), 413, 'File too large');
    const announced = { 'content-type': multipartType, 'content-length': '99999999' };
    await refused(() => small.send('POST', '/', { headers: announced }), 413, 'File too large');
  });

  it('a connection that is cut in the middle', async () => {
    const before = await stored.count();
    const body = multipart(
      uploadParts(
        wheelName(name),
        zip([...wheelMembers(name, '1.0'), { name: 'x', content: Buffer.alloc(500_000), method: 0 }]),
      ),
    );
    const { hostname, port } = new URL(server.url);
    await new Promise<void>(resolve => {
      const socket = connect(Number(port), hostname, () => {
        const authorization = Buffer.from(`__token__:${server.admin.token}`).toString('base64');
        socket.write(
          `POST /repository/py/ HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${authorization}\r\nContent-Type: ${multipartType}\r\nContent-Length: ${body.length}\r\n\r\n`,
        );
        socket.write(body.subarray(0, 300_000), () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    await stored.reaches(before);
    expect((await client.get(`/simple/${name}/`)).status).toBe(404);
  });

  it('no or wrong credentials, with a challenge', async () => {
    for (const token of [undefined, 'wrong']) {
      const before = await stored.count();
      const answer = await client.withToken(token).upload(wheelName(name), wheel(name, '1.0'));
      expect(answer).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': expect.stringContaining('Basic') },
      });
      expect(await stored.count()).toEqual(before);
    }
  });

  it('a token that may only read, and one for another project', async () => {
    const reader = await server.createUser(`reader-${name}`, [{ role: 'reader', repository: 'py' }]);
    const other = await server.createUser(`other-${name}`, [
      { role: 'reader', repository: 'py' },
      { role: 'publisher', repository: 'py', names: 'other' },
    ]);
    for (const { token } of [reader, other]) {
      const before = await stored.count();
      const answer = await client.withToken(token).upload(wheelName(name), wheel(name, '1.0'));
      expect(answer.status).toBe(403);
      expect(await stored.count()).toEqual(before);
    }
    expect((await client.withToken(other.token).upload(wheelName(name), wheel(name, '1.0'))).reason).toContain(name);
  });

  it('a large body without credentials is answered before it is read', async () => {
    const answer = await client
      .withToken(undefined)
      .post([{ name: 'content', fileName: 'x', value: Buffer.alloc(30_000_000) }]);
    expect(answer.status).toBe(401);
  });
});

/** The message stands in the reason phrase and in the body: some clients print the one, some the other. */
function expectRefusal({ status, reason, text }: Answer, expected: number, words: string): void {
  const contained = expect.stringContaining(words);
  expect({ status, reason, text }).toEqual({ status: expected, reason: contained, text: contained });
}
