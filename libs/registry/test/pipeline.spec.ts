import { connect } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { raw } from '#formats/raw';
import { Action, listRoutes, mountOf, type Format } from '#registry';
import { startTestServer, type TestServer, type TestUser } from '#testing';

@Controller(mountOf('bare'))
class BareController {
  @Get('nothing')
  nothing(): string {
    return 'reached';
  }

  @Get('declared')
  @Action('read')
  declared(): string {
    return 'reached';
  }
}

@Module({ controllers: [BareController] })
class BareModule {}

/** Sends raw bytes and gives everything that comes back until the peer closes, or until `enough` is seen. */
function exchange(server: TestServer, lines: string, enough?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(lines));
    let text = '';
    socket.on('data', chunk => {
      text += chunk.toString('latin1');
      if (enough?.test(text)) socket.destroy();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

describe('the pipeline', () => {
  let server: TestServer;
  let reader: TestUser;
  beforeAll(async () => {
    server = await startTestServer();
    await server.createRepository('files', 'raw');
    reader = await server.createUser('reader', [{ role: 'reader', repository: 'files' }]);
  });
  afterAll(() => server.stop());

  it('does not start with a route that declares no action', async () => {
    const bare: Format = { ...raw, name: 'bare', module: BareModule, starterRepositories: [] };
    await expect(startTestServer({ formats: [bare] })).rejects.toThrow(
      'these routes declare no action: BareController.nothing',
    );
  });

  it('has an action on every route of every format and of the server', () => {
    const routes = listRoutes(server.app);
    expect(routes.length).toBeGreaterThan(40);
    expect(routes.filter(route => route.action === undefined)).toEqual([]);
  });

  it.each(['/~raw/file', '/~npm/packument', '//~raw/file', '/%7Eraw/file'])(
    'cannot be passed by: %s is unknown from outside',
    async path => {
      const text = await exchange(
        server,
        `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${server.admin.bearer}\r\nConnection: close\r\n\r\n`,
      );
      expect(text).toMatch(/^HTTP\/1.1 404/);
    },
  );

  it('refuses before the body when the client waits for 100 Continue', async () => {
    const head = (authorization: string) =>
      `PUT /repository/files/big HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n`;
    const refused = await exchange(server, head(reader.bearer), /\r\n\r\n[^]/);
    expect(refused).toMatch(/^HTTP\/1.1 403/);
    expect(refused).not.toContain('100 Continue');
    expect(await exchange(server, head(server.admin.bearer), /\r\n\r\n/)).toMatch(/^HTTP\/1.1 100 Continue/);
  });

  it('answers a refusal although the client is still sending, then closes', async () => {
    const text = await exchange(
      server,
      `PUT /repository/files/big HTTP/1.1\r\nHost: x\r\nAuthorization: ${reader.bearer}\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(100_000)}`,
      /overwrite|publish/,
    );
    expect(text).toMatch(/^HTTP\/1.1 403/);
    expect(text).toContain('Connection: close');
  });

  it.each([
    ['a URL of 5 KiB', `GET /${'a'.repeat(5_000)} HTTP/1.1\r\nHost: x\r\n`, 414],
    [
      '120 header fields',
      `GET / HTTP/1.1\r\nHost: x\r\n${Array.from({ length: 120 }, (_, i) => `X-${i}: y\r\n`).join('')}`,
      431,
    ],
    ['20 KiB of headers', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n`, 431],
    ['two lengths', 'PUT /repository/files/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n', 400],
    [
      'a length and chunks',
      'PUT /repository/files/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n',
      400,
    ],
    ['a bad Host', 'GET / HTTP/1.1\r\nHost: a/b\r\n', 400],
  ])('refuses %s', async (_what, head, status) => {
    expect(await exchange(server, `${head}Connection: close\r\n\r\n`)).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
  });

  it('carries the request id of the client when it is a plain one, else its own', async () => {
    const ask = (id: string) => fetch(`${server.url}/healthz`, { headers: { 'x-request-id': id } });
    expect((await ask('build-42')).headers.get('x-request-id')).toBe('build-42');
    expect((await ask('bad id<script>')).headers.get('x-request-id')).toMatch(/^[0-9a-z]{26}$/);
  });

  it('refuses wrong credentials also where anonymous may read', async () => {
    await server.createRepository('open', 'raw');
    await server.grantEveryone('reader', 'open');
    const answer = await fetch(`${server.url}/repository/open/x`, { headers: { authorization: 'Bearer ldr_p_wrong' } });
    expect(answer.status).toBe(401);
  });

  it('hides a grant the moment it is taken away', async () => {
    const someone = await server.createUser('leaving', [{ role: 'reader', repository: 'files' }]);
    const read = () => fetch(`${server.url}/repository/files/x.txt`, { headers: { authorization: someone.bearer } });
    await fetch(`${server.url}/repository/files/x.txt`, {
      method: 'PUT',
      body: 'x',
      headers: { authorization: server.admin.bearer },
    });
    expect((await read()).status).toBe(200);
    const { Grants, Users } = await import('#access');
    const user = await server.app.get(Users).findByName('leaving');
    const [grant] = await server.app.get(Grants).list({ limit: 10 }, { userId: user!.id });
    await server.database.transaction(tx => server.app.get(Grants).remove(tx, grant!.id));
    expect((await read()).status).toBe(404);
  });

  it('writes one event for one change and none for a repetition', async () => {
    const put = () =>
      fetch(`${server.url}/repository/files/event.txt`, {
        method: 'PUT',
        body: 'x',
        headers: { authorization: server.admin.bearer, 'x-request-id': 'evt' },
      });
    await put();
    await put();
    const events = await server.database.query<{ action: string; request_id: string; source_address: string }>(
      `select action, request_id, source_address from event where package = 'event.txt' order by sequence`,
    );
    expect(events).toEqual([
      { action: 'version.publish', request_id: 'evt', source_address: '127.0.0.1' },
      { action: 'tag.set', request_id: 'evt', source_address: '127.0.0.1' },
    ]);
  });

  it('reads its own writes in memory after every change, whoever made it', async () => {
    const put = (body: string) =>
      fetch(`${server.url}/repository/files/fresh.txt`, {
        method: 'PUT',
        body,
        headers: { authorization: server.admin.bearer },
      });
    const read = async () =>
      (await fetch(`${server.url}/repository/files/fresh.txt`, { headers: { authorization: reader.bearer } })).text();
    for (let i = 0; i < 20; i++) {
      await put(`content ${i}`);
      expect(await read()).toBe(`content ${i}`);
    }
  });
});
