import { readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { TestServer } from '#testing';
import { multipart, multipartType, uploadParts } from '../../../libs/formats/pypi/test/forms.js';
import { wheel } from '../../../libs/formats/pypi/test/archives.js';
import { publishDocument } from '../../../libs/formats/npm/test/publish-document.js';

/** An answer as it stands on the wire. */
export interface RawAnswer {
  /** 0 when the server closed the connection without a word. */
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Everything that came, of all answers on this connection. */
  readonly text: string;
}

export interface Wire {
  /** Cut the connection without an end (RST) this long after sending; default: wait for the server. */
  readonly resetAfterMs?: number;
  /** Wait at most so long for the server to close. Default 5 s. */
  readonly patienceMs?: number;
}

/** Writes bytes on a connection of its own and reads until the server closes it: nothing tidies up what is sent. */
export function onWire(
  server: TestServer,
  bytes: string | Buffer,
  { resetAfterMs, patienceMs = 5_000 }: Wire = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes);
      if (resetAfterMs !== undefined) setTimeout(() => socket.resetAndDestroy(), resetAfterMs);
    });
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNREFUSED' ? reject(error) : undefined));
    socket.on('close', () => resolve(parseAnswer(Buffer.concat(chunks).toString('latin1'))));
  });
}

function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const headers = Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0), headers, body: text.slice(end + 4), text };
}

export interface RequestParts {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Buffer;
}

/** One request in the right form that ends its connection; the path goes out exactly as given. */
export function requestBytes(server: TestServer, { method, path, headers = {}, body }: RequestParts): Buffer {
  const content = Buffer.from(body ?? '');
  const all: Record<string, string | number> = { host: server.host, connection: 'close', ...headers };
  if (body !== undefined && all['content-length'] === undefined && all['transfer-encoding'] === undefined)
    all['content-length'] = content.length;
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), content]);
}

export function ask(server: TestServer, parts: RequestParts, wire?: Wire): Promise<RawAnswer> {
  return onWire(server, requestBytes(server, parts), wire);
}

/** What the server holds. Content tables only: refusals are recorded as decisions on purpose. */
export interface Holdings {
  readonly rows: Readonly<Record<string, number>>;
  readonly staged: readonly string[];
}

const contentTables = [
  'repository',
  'package',
  'version',
  'file',
  'tag',
  'reference',
  'blob',
  'upload',
  'event',
  'state_change',
];

export async function holdings(server: TestServer): Promise<Holdings> {
  const counts = contentTables.map(table => `(select count(*)::int from ${table}) as ${table}`);
  const [rows] = await server.database.query<Record<string, number>>(`select ${counts.join(', ')}`);
  return { rows: rows!, staged: await readdir(join(server.dataDir, 'uploads')) };
}

/** Waits for the server to notice what happened to its connections; fails with the difference after two seconds. */
export async function expectHoldings(server: TestServer, before: Holdings): Promise<void> {
  const deadline = Date.now() + 2_000;
  for (;;) {
    const now = await holdings(server);
    if (JSON.stringify(now) === JSON.stringify(before)) return;
    if (Date.now() > deadline) {
      expect(now).toEqual(before);
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Alive, nothing staged or stored, no descriptor left open. The tolerance is the database pool, which grows with use. */
export async function expectUnharmed(
  server: TestServer,
  before: Holdings & { readonly descriptors: number },
): Promise<void> {
  await expectHoldings(server, { rows: before.rows, staged: before.staged });
  expect((await ask(server, { method: 'GET', path: '/healthz' })).status).toBe(200);
  expect(openDescriptors() - before.descriptors).toBeLessThan(30);
}

export async function stateOf(server: TestServer): Promise<Holdings & { readonly descriptors: number }> {
  return { ...(await holdings(server)), descriptors: openDescriptors() };
}

/**
 * The longest time in milliseconds for which the event loop was at work in one go while `work` ran: processor time of this thread, so that what else the machine
 * does is no part of it.
 */
export async function longestPause(work: () => Promise<unknown>): Promise<number> {
  const spent = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let longest = 0;
  let before = spent();
  const look = setInterval(() => {
    const now = spent();
    longest = Math.max(longest, now - before);
    before = now;
  }, 2);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return longest;
}

/** A write in one of the protocols, with a sound body. */
export interface WriteRoute {
  readonly format: string;
  readonly name: string;
  readonly parts: RequestParts;
}

const jar = `PK\u0003\u0004${'x'.repeat(2000)}`;

/** Every route that takes content, each ready to be sent to the repository `<format>-box`. The upload is an open one of the image `app`. */
export function writeRoutes(authorization: string, upload: string): WriteRoute[] {
  const signed = { authorization };
  const form = multipart(uploadParts('cut-1.0-py3-none-any.whl', wheel('cut', '1.0')));
  const emptyDigest = `sha256:${'0'.repeat(64)}`;
  const json = { ...signed, 'content-type': 'application/json' };
  const rows: readonly (readonly [
    format: string,
    method: string,
    path: string,
    body: string | Buffer,
    headers: Record<string, string>,
  ])[] = [
    ['raw', 'PUT', '/repository/raw-box/cut.txt', 'x'.repeat(2000), signed],
    ['npm', 'PUT', '/repository/npm-box/cut', JSON.stringify(publishDocument({ name: 'cut', version: '1.0.0' })), json],
    ['npm', 'PUT', '/repository/npm-box/-/package/cut/dist-tags/beta', '"1.0.0"', json],
    ['npm', 'PUT', '/repository/npm-box/cut/-rev/1-x', '{"name":"cut","versions":{}}', json],
    ['maven', 'PUT', '/repository/maven-box/com/acme/cut/1.0/cut-1.0.jar', jar, signed],
    ['maven', 'PUT', '/repository/maven-box/com/acme/cut/1.0/cut-1.0.jar.sha1', 'a'.repeat(40), signed],
    [
      'maven',
      'PUT',
      '/repository/maven-box/com/acme/cut/maven-metadata.xml',
      '<metadata><groupId>com.acme</groupId><artifactId>cut</artifactId></metadata>',
      signed,
    ],
    ['pypi', 'POST', '/repository/pypi-box/', form, { ...signed, 'content-type': multipartType }],
    ['oci', 'POST', `/v2/oci-box/app/blobs/uploads/?digest=${emptyDigest}`, 'x'.repeat(2000), signed],
    [
      'oci',
      'PUT',
      '/v2/oci-box/app/manifests/cut',
      `{"schemaVersion":2,"layers":[],"x":"${'x'.repeat(2000)}"}`,
      { ...signed, 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    ],
    ['oci', 'PUT', `${upload}?digest=${emptyDigest}`, 'x'.repeat(2000), signed],
  ];
  return rows.map(([format, method, path, body, headers]) => ({
    format,
    name: `${format}: ${method} ${path.replace(/uploads\/[^?]+/, 'uploads/<id>')}`,
    parts: { method, path, body, headers },
  }));
}

export const formats = ['raw', 'npm', 'maven', 'pypi', 'oci'] as const;

/** The repositories `<format>-box`. */
export async function makeBoxes(server: TestServer): Promise<void> {
  for (const format of formats) await server.createRepository(`${format}-box`, format);
}

/** Path of a new upload of the image `app`. */
export async function startUpload(server: TestServer, authorization: string): Promise<string> {
  const started = await ask(server, {
    method: 'POST',
    path: '/v2/oci-box/app/blobs/uploads/',
    headers: { authorization, 'content-length': 0 },
  });
  const location = started.headers['location'];
  if (started.status !== 202 || location === undefined) throw new Error(`no upload: ${started.text}`);
  return location.replace(/^https?:\/\/[^/]+/, '').replace(/\?.*$/, '');
}
