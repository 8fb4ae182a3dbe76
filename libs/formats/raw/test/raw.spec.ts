import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer, type TestUser } from '#testing';

describe('raw repository over HTTP', () => {
  let server: TestServer;
  let publisher: TestUser;
  let reader: TestUser;
  let base: string;

  beforeAll(async () => {
    server = await startTestServer();
    await server.createRepository('files', 'raw');
    await server.createRepository('releases', 'raw', { overwritePolicy: 'never' });
    await server.createRepository('secret', 'raw');
    publisher = await server.createUser('paula', [
      { role: 'publisher', repository: 'files' },
      { role: 'publisher', repository: 'releases' },
    ]);
    reader = await server.createUser('rita', [{ role: 'reader', repository: 'files', names: 'open/*' }]);
    base = `${server.url}/repository/files`;
  });
  afterAll(() => server.stop());

  const put = (
    path: string,
    body: string,
    init: { as?: TestUser; repository?: string; headers?: Record<string, string> } = {},
  ) =>
    fetch(`${server.url}/repository/${init.repository ?? 'files'}/${path}`, {
      method: 'PUT',
      body,
      headers: { authorization: (init.as ?? server.admin).bearer, ...init.headers },
    });
  const get = (path: string, headers: Record<string, string> = {}, as: TestUser = server.admin) =>
    fetch(`${base}/${path}`, { headers: { authorization: as.bearer, ...headers } });
  const countRows = async (table: string) =>
    Number((await server.database.query<{ n: string }>(`select count(*) as n from ${table}`))[0]!.n);

  it('gives back what was published, with its digest', async () => {
    const answer = await put('a/hello.txt', 'hello', { as: publisher });
    expect(answer.status).toBe(201);
    const digest = createHash('sha256').update('hello').digest('hex');
    expect(answer.headers.get('etag')).toBe(`"sha256:${digest}"`);
    const read = await get('a/hello.txt');
    expect(await read.text()).toBe('hello');
    expect(read.headers.get('x-checksum-sha256')).toBe(digest);
  });

  it('answers an identical repetition with 200 and changes nothing', async () => {
    await put('same.txt', 'same');
    const before = await countRows('event');
    const again = await put('same.txt', 'same');
    expect(again.status).toBe(200);
    expect(await countRows('event')).toBe(before);
  });

  it('keeps every content under its digest when a path is published again', async () => {
    const first = (await put('page.txt', 'one')).headers.get('etag')!.slice(1, -1);
    await put('page.txt', 'two');
    expect(await (await get('page.txt')).text()).toBe('two');
    expect(await (await get(`page.txt@${first}`)).text()).toBe('one');
  });

  it('needs the action overwrite to replace, which a publisher lacks', async () => {
    await put('mine.txt', 'one', { as: publisher });
    const answer = await put('mine.txt', 'two', { as: publisher });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('overwrite');
    expect(await (await get('mine.txt')).text()).toBe('one');
  });

  it('refuses other content under the policy never, naming policy and way out', async () => {
    await put('v1.bin', 'one', { repository: 'releases' });
    const answer = await put('v1.bin', 'two', { repository: 'releases' });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toMatch(/overwrite policy of releases is never; publish under a new version/);
  });

  it('stores nothing when an announced digest does not match', async () => {
    const files = await countRows('file');
    const answer = await put('bad.txt', 'bytes', { headers: { 'x-checksum-sha256': '0'.repeat(64) } });
    expect(answer.status).toBe(400);
    expect((await get('bad.txt')).status).toBe(404);
    expect(await countRows('file')).toBe(files);
  });

  it('stores nothing of a body that is cut', async () => {
    await new Promise<void>(resolve => {
      const req = request(`${base}/cut.txt`, {
        method: 'PUT',
        headers: { authorization: server.admin.bearer, 'content-length': '1000' },
      });
      req.on('error', () => resolve());
      req.on('close', () => resolve());
      req.write('only some', () => req.destroy());
    });
    expect((await get('cut.txt')).status).toBe(404);
  });

  it.each([
    ['bytes=0-1', 206, 'ra', 'bytes 0-1/5'],
    ['bytes=3-', 206, 'ge', 'bytes 3-4/5'],
    ['bytes=-2', 206, 'ge', 'bytes 3-4/5'],
    ['bytes=0-99', 206, 'range', 'bytes 0-4/5'],
    ['nonsense', 200, 'range', null],
    ['bytes=0-1,3-4', 200, 'range', null],
  ])('answers the range %s with %i', async (range, status, text, contentRange) => {
    await put('range.txt', 'range');
    const answer = await get('range.txt', { range });
    expect([answer.status, await answer.text(), answer.headers.get('content-range')]).toEqual([
      status,
      text,
      contentRange,
    ]);
  });

  it('answers a range outside the file with 416 and the size', async () => {
    await put('range.txt', 'range');
    const answer = await get('range.txt', { range: 'bytes=9-' });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, 'bytes */5']);
  });

  it('answers 304 to a validator that matches and never without one', async () => {
    const etag = (await put('cond.txt', 'x')).headers.get('etag')!;
    expect((await get('cond.txt', { 'if-none-match': etag })).status).toBe(304);
    expect((await get('cond.txt', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('creates only once with If-None-Match: *, of two at the same time as well', async () => {
    const answers = await Promise.all(
      ['one', 'two'].map(body => put('once.txt', body, { headers: { 'if-none-match': '*' } })),
    );
    expect(answers.map(answer => answer.status).sort()).toEqual([201, 412]);
  });

  it.each(['..%2fx', '%2e%2e/x', 'a/%2e%2e/b', 'a%00b', 'a%5cb', '%252e%252e/x', 'a/%E0%A4%A'])(
    'refuses the path %s',
    async path => {
      const answer = await new Promise<number>(resolve => {
        request(
          `${base}`,
          { path: `/repository/files/${path}`, headers: { authorization: server.admin.bearer } },
          res => resolve(res.statusCode ?? 0),
        ).end();
      });
      expect(answer).toBe(400);
    },
  );

  it('lists only what the principal may read', async () => {
    await put('open/a.txt', 'a');
    await put('closed/b.txt', 'b');
    const listing = (await (await get('', {}, reader)).json()) as { entries: { name: string }[] };
    expect(listing.entries.map(entry => entry.name)).toEqual(['open/']);
  });

  it('answers a hidden name and a missing one with the same words', async () => {
    await put('closed/b.txt', 'b');
    const hidden = await get('closed/b.txt', {}, reader);
    const missing = await get('closed/c.txt', {}, reader);
    expect(hidden.status).toBe(404);
    expect((await hidden.text()).replace('b.txt', 'x')).toBe((await missing.text()).replace('c.txt', 'x'));
  });

  it('answers a hidden repository and a missing one with the same words, signed in and anonymous', async () => {
    for (const headers of [{ authorization: reader.bearer }, {}]) {
      const [hidden, missing] = await Promise.all(
        ['secret', 'absent'].map(async name => {
          const answer = await fetch(`${server.url}/repository/${name}/x`, { headers });
          const body = (await answer.json()) as Record<string, unknown>;
          return {
            status: answer.status,
            challenge: answer.headers.get('www-authenticate'),
            error: String(body['error']).replace(name, 'X'),
          };
        }),
      );
      expect(hidden).toEqual(missing);
    }
  });

  it('lets everyone read after one grant, and nobody before', async () => {
    await server.createRepository('public', 'raw');
    await put('x.txt', 'x', { repository: 'public' });
    expect((await fetch(`${server.url}/repository/public/x.txt`)).status).toBe(401);
    await server.grantEveryone('reader', 'public');
    expect((await fetch(`${server.url}/repository/public/x.txt`)).status).toBe(200);
    expect((await fetch(`${server.url}/repository/secret/x.txt`)).status).toBe(401);
  });

  it('explains a refusal under its decision id', async () => {
    const answer = await put('denied.txt', 'x', { as: reader });
    expect(answer.status).toBe(404);
    const id = answer.headers.get('x-decision-id');
    const { Decisions } = await import('#audit');
    const decision = await server.app.get(Decisions).find(id!);
    expect(decision?.steps).toEqual(expect.arrayContaining([expect.objectContaining({ step: 'authorize' })]));
  });

  it('refuses a file below a file and a file in place of a directory', async () => {
    await put('tree/leaf', 'x');
    expect((await put('tree/leaf/more', 'x')).status).toBe(409);
    expect((await put('tree', 'x')).status).toBe(409);
  });

  it('stores the same bytes once, whoever publishes them where', async () => {
    const body = `shared ${Math.random()}`;
    await put('one/copy', body);
    await put('two/copy', body, { repository: 'releases' });
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    const rows = await server.database.query<{ n: string }>(
      'select count(*) as n from file f join blob b on b.id = f.blob_id where b.digest = $1',
      [digest],
    );
    expect(rows[0]?.n).toBe('2');
    expect(await countRows(`blob where digest = '${digest}'`)).toBe(1);
  });

  it('is there after a restart', async () => {
    await put('lasting.txt', 'still here');
    await server.restart();
    expect(await (await get('lasting.txt')).text()).toBe('still here');
  });

  it('is gone after a delete, and can be published again', async () => {
    await put('gone.txt', 'x');
    const deleted = await fetch(`${base}/gone.txt`, {
      method: 'DELETE',
      headers: { authorization: server.admin.bearer },
    });
    expect(deleted.status).toBe(204);
    expect((await get('gone.txt')).status).toBe(404);
    expect((await put('gone.txt', 'y')).status).toBe(201);
    expect(await (await get('gone.txt')).text()).toBe('y');
  });
});
