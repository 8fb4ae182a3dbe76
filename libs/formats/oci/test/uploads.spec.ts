import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { oci } from '#formats/oci';
import { OciClient, digestOf, refusalOf } from './oci-client.js';
import { expectCreated, fresh } from './pushed-blobs.js';

let server: TestServer;
let client: OciClient;
let host: URL;

beforeAll(async () => {
  server = await startTestServer({ formats: [oci] });
  await server.createRepository('hosted', 'oci');
  client = OciClient.basic(server.url, server.admin);
  host = new URL(server.url);
});
afterAll(() => server.stop());

const name = 'hosted/team/app';

async function start(query = ''): Promise<string> {
  const answer = await client.send('POST', `/v2/${name}/blobs/uploads/${query}`);
  expect(answer.status).toBe(202);
  return String(answer.headers.location);
}

async function expectBlob(digest: string, content: string): Promise<void> {
  const answer = await client.get(`/v2/${name}/blobs/${digest}`);
  expect(answer).toMatchObject({ status: 200, headers: { 'docker-content-digest': digest } });
  expect(answer.body.toString()).toBe(content);
}

describe('starting an upload', () => {
  it('gives a relative location, an id and an empty range', async () => {
    const answer = await client.send('POST', `/v2/${name}/blobs/uploads/`, {
      headers: { 'Content-Type': 'application/json' },
    });
    expect(answer.status).toBe(202);
    expect(answer.headers).toMatchObject({
      range: '0-0',
      'content-length': '0',
      'docker-upload-uuid': expect.any(String),
    });
    expect(answer.headers.location).toBe(`/v2/${name}/blobs/uploads/${answer.headers['docker-upload-uuid']}`);
  });

  it.each([
    ['?digest-algorithm=sha512', 202],
    ['?digest-algorithm=md5', 400],
    ['?mount=sha256:foo&from=hosted/x', 400],
    ['?digest=foo', 400],
  ])('with %s answers %d', async (query, status) => {
    expect((await client.send('POST', `/v2/${name}/blobs/uploads/${query}`)).status).toBe(status);
  });
});

describe('a blob in one piece', () => {
  it.each([
    ['text', () => fresh()],
    ['nothing', () => ''],
    ['{}', () => '{}'],
  ])('of %s comes with POST', async (_what, make) => {
    const content = make();
    const digest = digestOf(content);
    expectCreated(
      name,
      await client.send('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: content }),
      digest,
    );
    await expectBlob(digest, content);
  });

  it.each(['sha256', 'sha512'] as const)('named by %s comes with POST and PUT', async algorithm => {
    const content = fresh();
    const digest = digestOf(content, algorithm);
    const location = await start();
    expectCreated(
      name,
      await client.send('PUT', `${location}?digest=${digest}`, {
        body: content,
        headers: { 'Content-Type': 'application/octet-stream' },
      }),
      digest,
    );
    await expectBlob(digest, content);
    await expectBlob(digestOf(content), content);
  });

  it('may be sent without a length', async () => {
    const content = fresh();
    expectCreated(
      name,
      await client.send('PUT', `${await start()}?digest=${digestOf(content)}`, { body: content, chunked: true }),
      digestOf(content),
    );
  });

  it('is refused when it is not what its digest says, and nothing remains', async () => {
    const digest = digestOf(fresh());
    const location = await start();
    expect(refusalOf(await client.send('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: 'other' }))).toBe(
      '400 DIGEST_INVALID',
    );
    expect(refusalOf(await client.send('PUT', `${location}?digest=${digest}`, { body: 'other' }))).toBe(
      '400 DIGEST_INVALID',
    );
    expect(refusalOf(await client.get(location))).toBe('404 BLOB_UPLOAD_UNKNOWN');
    expect((await client.send('HEAD', `/v2/${name}/blobs/${digest}`)).status).toBe(404);
  });

  it.each([
    '',
    '?digest=foo',
    '?digest=sha256:abc',
    `?digest=md5:${'0'.repeat(32)}`,
    `?digest=sha256:${'A'.repeat(64)}`,
  ])('is refused with the digest "%s", and the upload stays', async query => {
    const location = await start();
    expect(refusalOf(await client.send('PUT', location + query, { body: 'x' }))).toBe('400 DIGEST_INVALID');
    expect((await client.get(location)).status).toBe(204);
  });

  it('may be committed again when the first answer was lost', async () => {
    const content = fresh();
    const commit = `${await start()}?digest=${digestOf(content)}`;
    expectCreated(name, await client.send('PUT', commit, { body: content }), digestOf(content));
    expectCreated(name, await client.send('PUT', commit, { body: content }), digestOf(content));
    expect(
      refusalOf(await client.send('PUT', commit.replace(/digest=.*/, `digest=${digestOf('x')}`), { body: 'x' })),
    ).toBe('404 BLOB_UPLOAD_UNKNOWN');
  });

  it('may be pushed by many at once and is stored once', async () => {
    const content = fresh();
    const digest = digestOf(content);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        client.send('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: content }),
      ),
    );
    expect(answers.map(answer => answer.status)).toEqual(answers.map(() => 201));
    const rows = await server.database.query<{ count: string }>('select count(*) from blob where digest = $1', [
      digest,
    ]);
    expect(Number(rows[0]!.count)).toBe(1);
  });
});

describe('a blob in pieces', () => {
  it('is streamed as docker does it', async () => {
    const content = fresh();
    const location = await start();
    const patched = await client.send('PATCH', location, { body: content, chunked: true });
    expect(patched).toMatchObject({ status: 202, headers: { range: `0-${content.length - 1}` } });
    expectCreated(
      name,
      await client.send('PUT', `${patched.headers.location}?digest=${digestOf(content)}`),
      digestOf(content),
    );
    await expectBlob(digestOf(content), content);
  });

  it.each(['sha256', 'sha512'] as const)('named by %s comes in chunks, the last with the commit', async algorithm => {
    const content = fresh();
    const digest = digestOf(content, algorithm);
    const location = await start();
    for (const [from, to] of [
      [0, 50],
      [50, 120],
    ] as const) {
      const patched = await client.send('PATCH', location, {
        body: content.slice(from, to),
        headers: { 'Content-Range': `${from}-${to - 1}` },
      });
      expect(patched).toMatchObject({ status: 202, headers: { range: `0-${to - 1}` } });
    }
    expect(await client.get(location)).toMatchObject({ status: 204, headers: { range: '0-119', location } });
    const headers = { 'Content-Range': `120-${content.length - 1}` };
    expectCreated(
      name,
      await client.send('PUT', `${location}?digest=${digest}`, { body: content.slice(120), headers }),
      digest,
    );
    await expectBlob(digest, content);
  });

  it.each(['PATCH', 'PUT'])('is not harmed by a chunk out of order (%s)', async method => {
    const content = fresh();
    const digest = digestOf(content);
    const location = await start();
    await client.send('PATCH', location, { body: content.slice(0, 50), headers: { 'Content-Range': '0-49' } });
    const target = method === 'PUT' ? `${location}?digest=${digest}` : location;
    const refused = await client.send(method, target, {
      body: content.slice(60),
      headers: { 'Content-Range': `60-${content.length - 1}` },
    });
    expect(refusalOf(refused)).toBe('416 RANGE_INVALID');
    expect(refused.headers).toMatchObject({ location, range: '0-49' });
    expect(await client.get(location)).toMatchObject({ status: 204, headers: { range: '0-49' } });
    expectCreated(name, await client.send('PUT', `${location}?digest=${digest}`, { body: content.slice(50) }), digest);
  });

  it.each([
    ['abc', '400 BLOB_UPLOAD_INVALID'],
    ['5-3', '400 BLOB_UPLOAD_INVALID'],
    ['-1-3', '400 BLOB_UPLOAD_INVALID'],
    ['0-', '400 BLOB_UPLOAD_INVALID'],
    ['0-9', '400 SIZE_INVALID'],
    ['1-4', '416 RANGE_INVALID'],
  ])('keeps its offset after a chunk with the range "%s"', async (range, refusal) => {
    const location = await start();
    expect(refusalOf(await client.send('PATCH', location, { body: 'four', headers: { 'Content-Range': range } }))).toBe(
      refusal,
    );
    expect(await client.get(location)).toMatchObject({ status: 204, headers: { range: '0-0' } });
  });

  it('goes on after the connection broke', async () => {
    const content = 'y'.repeat(3_000_000);
    const location = await start();
    await breakOff(location, content.slice(0, 1_000_000), content.length);
    // What reached the disk stays; while the broken request is still being cleared away, a chunk is told to ask again.
    let status = 0;
    for (let offset = 0; status !== 202; offset = await offsetOf(location)) {
      if (offset === 0) continue;
      const headers = { 'Content-Range': `${offset}-${content.length - 1}` };
      status = (await client.send('PATCH', location, { body: content.slice(offset), headers })).status;
      expect([202, 416]).toContain(status);
    }
    expectCreated(name, await client.send('PUT', `${location}?digest=${digestOf(content)}`), digestOf(content));
  });

  it('goes on after the server was started again', async () => {
    const content = fresh();
    const location = await start();
    await client.send('PATCH', location, { body: content.slice(0, 100) });
    await server.restart();
    client = OciClient.basic(server.url, server.admin);
    expect(await client.get(location)).toMatchObject({ status: 204, headers: { range: '0-99' } });
    await client.send('PATCH', location, {
      body: content.slice(100),
      headers: { 'Content-Range': `100-${content.length - 1}` },
    });
    expectCreated(name, await client.send('PUT', `${location}?digest=${digestOf(content)}`), digestOf(content));
    await expectBlob(digestOf(content), content);
  });
});

/** Sends a part of what was announced, waits until the server has some of it, and hangs up. */
async function breakOff(location: string, part: string, announced: number): Promise<void> {
  await new Promise<void>(resolve => {
    const headers = {
      Authorization: `Basic ${Buffer.from(`${server.admin.name}:${server.admin.password}`).toString('base64')}`,
      'Content-Length': announced,
    };
    const outgoing = request(new URL(location, host), { method: 'PATCH', headers });
    outgoing.on('error', () => resolve());
    outgoing.on('close', () => resolve());
    outgoing.write(part, () => outgoing.destroy());
  });
}

async function offsetOf(location: string): Promise<number> {
  const range = String((await client.get(location)).headers.range);
  return range === '0-0' ? 0 : Number(range.slice(2)) + 1;
}

describe('an upload', () => {
  it('can be given up once', async () => {
    const location = await start();
    expect(await client.send('DELETE', location)).toMatchObject({ status: 204 });
    for (const method of ['DELETE', 'GET', 'PATCH']) {
      expect(refusalOf(await client.send(method, location))).toBe('404 BLOB_UPLOAD_UNKNOWN');
    }
  });

  it('is neither continued nor committed while another process writes to it', async () => {
    const content = fresh();
    const location = await start();
    await client.send('PATCH', location, { body: content });
    const release = await server.database.hold(`upload:${location.split('/').at(-1)}`);
    expect(refusalOf(await client.send('PATCH', location, { body: 'more' }))).toBe('416 RANGE_INVALID');
    expect(refusalOf(await client.send('PUT', `${location}?digest=${digestOf(content)}`))).toBe('416 RANGE_INVALID');
    await release!();
    expectCreated(name, await client.send('PUT', `${location}?digest=${digestOf(content)}`), digestOf(content));
  });

  it('belongs to its image and to who began it', async () => {
    const location = await start();
    const elsewhere = location.replace(name, 'hosted/other');
    expect(refusalOf(await client.get(elsewhere))).toBe('404 BLOB_UPLOAD_UNKNOWN');
    const publisher = await server.createUser('other-publisher', [{ role: 'publisher', repository: '*' }]);
    expect(refusalOf(await OciClient.basic(server.url, publisher).get(location))).toBe('404 BLOB_UPLOAD_UNKNOWN');
    expect(refusalOf(await client.get(`/v2/${name}/blobs/uploads/unknown`))).toBe('404 BLOB_UPLOAD_UNKNOWN');
  });
});
