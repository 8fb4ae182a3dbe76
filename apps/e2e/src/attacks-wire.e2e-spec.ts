import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { ask, expectHoldings, expectUnharmed, holdings, makeBoxes, onWire, requestBytes, startUpload, stateOf, writeRoutes, type WriteRoute } from './attack-tools.js';

describe('on the wire', () => {
  let server: TestServer;
  let upload: string;
  const routes = (): WriteRoute[] => writeRoutes(server.admin.bearer, upload);
  const routeNames = writeRoutes('', '/v2/oci-box/app/blobs/uploads/x').map(({ name }, index) => [name.replace(/uploads\/x/, 'uploads/<id>'), index] as const);

  beforeAll(async () => {
    server = await startTestServer();
    await makeBoxes(server);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    upload = await startUpload(server, server.admin.bearer);
  });

  describe.each(routeNames)('%s', (_, index) => {
    it.each([
      ['reset in the middle of its body', 0.5],
      ['reset one byte before its end', 1],
      ['reset behind its headers', 0],
    ])('%s stores nothing (A15, A27)', async (_name, part) => {
      const { parts } = routes()[index]!;
      const body = Buffer.from(parts.body ?? '');
      const bytes = requestBytes(server, parts);
      const before = await stateOf(server);
      await onWire(server, bytes.subarray(0, bytes.length - body.length + Math.floor(Math.max(body.length - 1, 0) * part)), { resetAfterMs: 40 });
      await settled(server, before);
      await expectUnharmed(server, await withoutProgress(server, before));
    });

    it('ended early, or with a broken chunk, stores nothing (A15)', async () => {
      const { parts } = routes()[index]!;
      const body = Buffer.from(parts.body ?? '');
      const before = await stateOf(server);
      const { 'content-length': _length, ...headers } = { ...parts.headers } as Record<string, string>;
      const chunked = requestBytes(server, { ...parts, headers: { ...headers, 'transfer-encoding': 'chunked' }, body: `${body.length.toString(16)}\r\n` });
      const tooLong = requestBytes(server, { ...parts, headers: { ...headers, 'content-length': body.length + 10 } });
      for (const bytes of [tooLong, Buffer.concat([chunked, body.subarray(0, 5)]), Buffer.concat([chunked, body, Buffer.from('\r\nzz\r\n')]), Buffer.concat([chunked, body])]) {
        const { status } = await onWire(server, bytes, { patienceMs: 60 });
        expect(status === 0 || (status >= 400 && status < 500)).toBe(true);
      }
      await settled(server, before);
      await expectUnharmed(server, await withoutProgress(server, before));
    });

    it('sent compressed is never inflated (A21)', async () => {
      const { parts } = routes()[index]!;
      const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
      const before = await holdings(server);
      const memory = process.memoryUsage().rss;
      const answer = await ask(server, { ...parts, headers: { ...parts.headers, 'content-encoding': 'gzip' }, body: bomb });
      expect(process.memoryUsage().rss - memory).toBeLessThan(32 * 1024 * 1024);
      // A raw repository keeps the bytes as they are.
      if (parts.path.includes('raw-box')) await ask(server, { method: 'DELETE', path: parts.path, headers: parts.headers! });
      else {
        expect([answer.text.slice(0, 40), answer.status >= 400 && answer.status < 500]).toEqual([answer.text.slice(0, 40), true]);
        await expectHoldings(server, await withoutProgress(server, before));
      }
    });

    it('with wrong credentials and Expect is refused before the body is asked for (A23)', async () => {
      const { parts } = routes()[index]!;
      for (const authorization of ['Bearer wrong', `Basic ${Buffer.from(`user${index}:wrong`).toString('base64')}`, 'Nonsense', '']) {
        const bytes = requestBytes(server, { ...parts, body: '', headers: { ...parts.headers, authorization, expect: '100-continue', 'content-length': 5_000_000 } });
        const answer = await onWire(server, bytes, { patienceMs: 1_000 });
        expect([authorization, answer.status, answer.text.includes('100 Continue')]).toEqual([authorization, 401, false]);
      }
    });
  });

  /** Each is one request to a careful reader and something else to a careless one. `§` is a second request that must not be answered. */
  it.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde§'],
    ['a list of lengths', 'Content-Length: 5, 6\r\n\r\nabcde§'],
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n§'],
    ['chunks and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n§'],
    ['an unknown coding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n§'],
    ['chunked not last', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n§'],
    ['two codings', 'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n§'],
    ['a coding with a control character', 'Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n§'],
    ['a blank before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n§'],
    ['a folded header', 'X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n§'],
    ['a negative length', 'Content-Length: -5\r\n\r\n§'],
    ['a signed length', 'Content-Length: +5\r\n\r\nabcde§'],
    ['a length in hex', 'Content-Length: 0x5\r\n\r\nabcde§'],
    ['a huge length', 'Content-Length: 99999999999999999999999\r\n\r\n§'],
    ['a huge chunk', 'Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n§'],
    ['a negative chunk', 'Transfer-Encoding: chunked\r\n\r\n-1\r\n§'],
    ['a bare line feed', 'X: y\nContent-Length: 4\n\n§'],
    ['a bare carriage return', 'X: y\rZ: z\r\nContent-Length: 0\r\n\r\n§'],
    ['NUL in a header', 'X: a\0b\r\nContent-Length: 0\r\n\r\n§'],
    ['no host', undefined],
    ['HTTP/0.9', undefined],
    ['HTTP/2 by prior knowledge', undefined],
    ['a line of nothing', undefined],
  ])('%s smuggles no second request in (A14)', async (name, rest) => {
    const before = await stateOf(server);
    const signed = `Host: ${server.host}\r\nAuthorization: ${server.admin.bearer}\r\n`;
    const second = `PUT /repository/raw-box/smuggled.txt HTTP/1.1\r\n${signed}Content-Length: 1\r\nConnection: close\r\n\r\nx`;
    const odd: Record<string, string> = {
      'no host': `GET /v2/ HTTP/1.1\r\n\r\n${second}`,
      'HTTP/0.9': `GET /repository/raw-box/\r\n\r\n${second}`,
      'HTTP/2 by prior knowledge': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${second}`,
      'a line of nothing': `\0\0\0\0\r\n\r\n${second}`,
    };
    const bytes = rest === undefined ? odd[name]! : `GET /repository/raw-box/absent HTTP/1.1\r\n${signed}${rest.replace('§', second)}`;
    const { text } = await onWire(server, Buffer.from(bytes, 'latin1'), { patienceMs: 300 });
    expect(text).not.toMatch(/ 201 |HTTP\/1\.1 200/);
    await expectUnharmed(server, before);
  });

  it.each([
    ['a long URL', 414, (signed: string) => `GET /repository/raw-box/${'a'.repeat(5_000)} HTTP/1.1\r\n${signed}\r\n`],
    ['a long query', 414, (signed: string) => `GET /repository/raw-box/?after=${'a'.repeat(5_000)} HTTP/1.1\r\n${signed}\r\n`],
    ['a long header', 431, (signed: string) => `GET /v2/ HTTP/1.1\r\n${signed}X: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['many headers', 431, (signed: string) => `GET /v2/ HTTP/1.1\r\n${signed}${'X: y\r\n'.repeat(150)}\r\n`],
    ['thousands of headers', 431, (signed: string) => `GET /v2/ HTTP/1.1\r\n${signed}${'a:\r\n'.repeat(3_000)}\r\n`],
    ['a long path of parts', 400, (signed: string) => `PUT /repository/raw-box/${'a/'.repeat(1_500)}x HTTP/1.1\r\n${signed}Content-Length: 0\r\n\r\n`],
    ['a part of 300 bytes', 400, (signed: string) => `PUT /repository/raw-box/${'a'.repeat(300)} HTTP/1.1\r\n${signed}Content-Length: 0\r\n\r\n`],
  ])('%s is refused with %i (A11)', async (_, status, make) => {
    const before = await stateOf(server);
    expect((await onWire(server, make(`Host: ${server.host}\r\nConnection: close\r\nAuthorization: ${server.admin.bearer}\r\n`))).status).toBe(status);
    await expectUnharmed(server, before);
  });

  it('odd methods are refused and change nothing (A22)', async () => {
    const before = await stateOf(server);
    for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'PURGE', 'SEARCH', 'LINK', 'QUERY', 'M-SEARCH', 'get', 'FOO', 'OPTIONS', 'REPORT', 'REBIND']) {
      for (const path of ['/repository/raw-box/x', '/repository/npm-box/x', '/repository/maven-box/com/acme/x/1.0/x-1.0.jar', '/repository/pypi-box/', '/v2/', '/v2/oci-box/app/tags/list', '/api/v1/users', '/healthz']) {
        const { status, headers, body } = await ask(server, { method, path, headers: { authorization: server.admin.bearer } }, { patienceMs: 500 });
        const options = method === 'OPTIONS' && status < 300;
        expect([method, path, status, options || status === 0 || (status >= 400 && status < 500)]).toEqual([method, path, status, true]);
        expect([method, path, headers['access-control-allow-origin'], body.includes(server.admin.token)]).toEqual([method, path, undefined, false]);
      }
    }
    await expectUnharmed(server, before);
  });

  it('an offer of h2c or a websocket is answered over HTTP/1.1 (A22)', async () => {
    for (const upgrade of ['h2c', 'websocket', 'TLS/1.0']) {
      const answer = await onWire(server, `GET /healthz HTTP/1.1\r\nHost: ${server.host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`, { patienceMs: 300 });
      expect([upgrade, answer.status]).toEqual([upgrade, 200]);
    }
  });

  it('ranges of every kind are answered within the file (A20)', async () => {
    await ask(server, { method: 'PUT', path: '/repository/raw-box/range.txt', headers: { authorization: server.admin.bearer }, body: '0123456789' });
    for (const range of ['bytes=0-0', 'bytes=-0', 'bytes=5-2', 'bytes=99-', 'bytes=0-99999999999999999999', 'bytes=-99999999999999999999', 'bytes=a-b', 'bytes=', 'items=0-1', `bytes=${'0-0,'.repeat(60)}0-0`, 'bytes=0-0,1-1', 'bytes=1e1-2', 'bytes=0x0-0x1', 'bytes=--1', 'bytes=-']) {
      const { status, headers, body } = await ask(server, { method: 'GET', path: '/repository/raw-box/range.txt', headers: { authorization: server.admin.bearer, range } });
      expect([range, [200, 206, 416].includes(status)]).toEqual([range, true]);
      if (status < 300) expect([range, Number(headers['content-length'])]).toEqual([range, body.length]);
      if (status === 200) expect(body).toBe('0123456789');
    }
  });
});

/** The open upload keeps what came, which is what it is for; everything else is as before. */
async function withoutProgress<T extends { rows: object; staged: readonly string[] }>(server: TestServer, before: T): Promise<T> {
  const { rows, staged } = await holdings(server);
  const uploads = { upload: rows['upload'] };
  return { ...before, rows: { ...before.rows, ...uploads }, staged: staged.every(name => name.endsWith('.part')) ? staged : before.staged };
}

/** Waits until nothing but open uploads is staged, or one second. */
async function settled(server: TestServer, before: { staged: readonly string[] }): Promise<void> {
  for (let wait = 0; wait < 50 && (await holdings(server)).staged.some(name => !before.staged.includes(name)); wait++) await new Promise(resolve => setTimeout(resolve, 20));
}
