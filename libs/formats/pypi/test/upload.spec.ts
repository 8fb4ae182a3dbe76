import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { pypi } from '../index.js';
import { metadataText, sdist, wheel, wheelMembers, zip } from './archives.js';
import { Changes } from './changes.js';
import { PypiClient } from './client.js';
import { multipart, multipartType, uploadParts, wheelName } from './forms.js';
import { Stored } from './stored.js';

describe('uploading to a Python repository', () => {
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
    await server.createRepository('open', 'pypi', { overwritePolicy: 'always' });
    client = new PypiClient(`${server.url}/repository/py`, server.admin.token);
  }, 60_000);
  afterAll(() => server.stop(), 60_000);
  beforeEach(() => {
    name = `demo${++counter}`;
  });

  describe('takes', () => {
    it('a wheel and an sdist of one release', async () => {
      expect(await client.upload(wheelName(name), wheel(name, '1.0'))).toMatchObject({ status: 200, reason: 'OK' });
      expect((await client.upload(`${name}-1.0.tar.gz`, sdist(name, '1.0'))).status).toBe(200);
      expect(await client.json(`/simple/${name}/`)).toMatchObject({ versions: ['1.0'], files: [{}, {}] });
    });

    it.each([['/'], [''], ['/legacy/'], ['/legacy'], ['/simple/'], ['/simple']])(
      'an upload to %j without a redirect',
      async path => {
        const answer = await client.post(uploadParts(wheelName(name), wheel(name, '1.0')), { path });
        expect(answer.status).toBe(200);
      },
    );

    it('the file first, the control fields last, fields behind the file, in a chunked body', async () => {
      const parts = uploadParts(wheelName(name), wheel(name, '1.0'));
      const body = multipart([...parts.toReversed(), { name: 'attestations', value: '[]' }]);
      const answer = await client.send('POST', '/', {
        headers: { 'content-type': multipartType, 'transfer-encoding': 'chunked' },
        body,
      });
      expect(answer.status).toBe(200);
    });

    it('a client that waits for 100 before it sends', async () => {
      const parts = uploadParts(wheelName(name), wheel(name, '1.0'));
      expect((await client.post(parts, { headers: { expect: '100-continue' } })).status).toBe(200);
    });

    it('the same file again, without another row or event', async () => {
      const bytes = wheel(name, '1.0');
      await client.upload(wheelName(name), bytes);
      const before = await stored.count();
      expect(await client.upload(wheelName(name), bytes)).toMatchObject({ status: 200 });
      expect(await stored.count()).toEqual(before);
    });

    it('1.0 into the release 1.0.0', async () => {
      await client.upload(`${name}-1.0.0.tar.gz`, sdist(name, '1.0.0'));
      expect((await client.upload(wheelName(name, '1.0'), wheel(name, '1.0'))).status).toBe(200);
      expect(await client.json(`/simple/${name}/`)).toMatchObject({ versions: ['1.0.0'], files: [{}, {}] });
    });

    it.each([['1.0+abc'], ['1.0.dev1'], ['1.0.post1'], ['1!1.0'], ['1.0rc1']])('version %s', async version => {
      expect((await client.upload(wheelName(name, version), wheel(name, version))).status).toBe(200);
      expect(await client.json(`/simple/${name}/`)).toMatchObject({ versions: [version] });
    });

    const blake2 = { sha256_digest: undefined, md5_digest: undefined };

    it.each([
      ['only md5', { sha256_digest: undefined }],
      ['only sha256', { md5_digest: undefined }],
      ['only BLAKE2, of 32 bytes', blake2],
    ])('%s', async (_name, changes) => {
      const { Blake2b256 } = await import('../src/blake2b.js');
      const bytes = wheel(name, '1.0');
      const more = changes === blake2 ? { blake2_256_digest: new Blake2b256().update(bytes).hex().toUpperCase() } : {};
      expect((await client.upload(wheelName(name), bytes, { ...changes, ...more })).status).toBe(200);
    });

    it.each([['2.5'], ['2.6'], ['2.9']])('core metadata %s', async version => {
      const members = wheelMembers(name, '1.0').map(member =>
        member.name.endsWith('METADATA')
          ? { ...member, content: metadataText(name, '1.0', 'Import-Name: x\n').replace('2.4', version) }
          : member,
      );
      expect((await client.upload(wheelName(name), zip(members))).status).toBe(200);
    });

    it('another file under the same name where the policy says so', async () => {
      const open = new PypiClient(`${server.url}/repository/open`, server.admin.token);
      await open.upload(wheelName(name), wheel(name, '1.0'));
      const other = wheel(name, '1.0', 'Summary: other\n');
      expect((await open.upload(wheelName(name), other)).status).toBe(200);
      const page = await open.json(`/simple/${name}/`);
      expect(page.files).toHaveLength(1);
      const answer = await open.get(await open.pathOf(name, wheelName(name)));
      expect(answer.body).toEqual(other);
      expect(answer.headers['cache-control']).toContain('no-cache');
    });
  });

  describe('of a name that is taken', () => {
    it('is refused with the words that tools look for, in reason and body', async () => {
      const first = wheel(name, '1.0');
      await client.upload(wheelName(name), first);
      const before = await stored.count();
      const answer = await client.upload(wheelName(name), wheel(name, '1.0', 'Summary: other\n'));
      const sha256 = createHash('sha256').update(first).digest('hex');
      const message = `File already exists ('${wheelName(name)}', with sha256 hash '${sha256}'). Use a different version.`;
      expect(answer).toMatchObject({ status: 409, reason: message, text: `${message}\n` });
      expect(await stored.count()).toEqual(before);
    });

    it('is answered in the JSON that uv reads', async () => {
      await client.upload(wheelName(name), wheel(name, '1.0'));
      const parts = uploadParts(wheelName(name), wheel(name, '1.0', 'Summary: other\n'));
      const answer = await client.post(parts, {
        headers: { accept: 'application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7' },
      });
      expect(answer.headers['content-type']).toBe('application/json');
      expect(JSON.parse(answer.text)).toMatchObject({
        code: expect.stringMatching(/^409 File already exists/),
        title: 'Conflict',
      });
    });

    it('by twenty at once with equal bytes gives one row, and with different bytes one winner', async () => {
      const same = await Promise.all(
        Array.from({ length: 20 }, () => client.upload(wheelName(name), wheel(name, '1.0'))),
      );
      expect(same.map(answer => answer.status)).toEqual(Array.from({ length: 20 }, () => 200));
      const other = Array.from({ length: 20 }, (_, i) =>
        client.upload(wheelName(name, '2.0'), wheel(name, '2.0', `Summary: ${i}\n`)),
      );
      const statuses = (await Promise.all(other)).map(answer => answer.status).sort();
      expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
      expect(await client.json(`/simple/${name}/`)).toMatchObject({ versions: ['1.0', '2.0'], files: [{}, {}] });
    });

    it('and deleted is refused without the words that tools skip on', async () => {
      const bytes = wheel(name, '1.0');
      await client.upload(wheelName(name), bytes);
      await new Changes(server, 'py').removeVersion(name, '1.0');
      expect((await client.get(`/simple/${name}/`)).status).toBe(404);
      const answer = await client.upload(wheelName(name), bytes);
      expect(answer).toMatchObject({ status: 400, reason: expect.stringContaining('now deleted') });
      expect(answer.text).not.toMatch(/already exist/i);
    });
  });
});
