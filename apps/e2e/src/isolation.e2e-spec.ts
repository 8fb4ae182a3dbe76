import { request, type IncomingHttpHeaders } from 'node:http';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer, type TestUser } from '#testing';
import { OciClient } from '../../../libs/formats/oci/test/oci-client.js';
import { publishDocument } from '../../../libs/formats/npm/test/publish-document.js';
import { uploadForm } from './upload-form.js';

/** Requests on one repository, as every protocol's reads, lists and writes look. `@` is the repository, `§` the package. */
const listed: readonly (readonly [format: string, method: string, path: string, body?: string])[] = [
  ['raw', 'GET', '/repository/@/§/file.txt'],
  ['raw', 'HEAD', '/repository/@/§/file.txt'],
  ['raw', 'GET', '/repository/@/'],
  ['raw', 'GET', '/repository/@/§/'],
  ['raw', 'PUT', '/repository/@/§/file.txt', 'other'],
  ['raw', 'DELETE', '/repository/@/§/file.txt'],
  ['raw', 'PATCH', '/repository/@/§/file.txt', 'x'],
  ['raw', 'GET', '/repository/@/%2e%2e/x'],
  ['npm', 'GET', '/repository/@/§'],
  ['npm', 'GET', '/repository/@/§/1.0.0'],
  ['npm', 'GET', '/repository/@/§/latest'],
  ['npm', 'GET', '/repository/@/§/-/§-1.0.0.tgz'],
  ['npm', 'GET', '/repository/@/-/package/§/dist-tags'],
  ['npm', 'PUT', '/repository/@/-/package/§/dist-tags/beta', '"1.0.0"'],
  ['npm', 'PUT', '/repository/@/§', '{}'],
  ['npm', 'DELETE', '/repository/@/§/-rev/1-x'],
  ['npm', 'GET', '/repository/@/-/whoami'],
  ['npm', 'GET', '/repository/@/-/ping'],
  ['npm', 'GET', '/repository/@/-/v1/search?text=§'],
  ['npm', 'GET', '/repository/@/'],
  ['maven', 'GET', '/repository/@/com/acme/§/1.0/§-1.0.jar'],
  ['maven', 'GET', '/repository/@/com/acme/§/1.0/§-1.0.jar.sha1'],
  ['maven', 'GET', '/repository/@/com/acme/§/maven-metadata.xml'],
  ['maven', 'PUT', '/repository/@/com/acme/§/1.0/§-1.0.jar', 'PK'],
  ['maven', 'GET', '/repository/@/com/acme/§/'],
  ['pypi', 'GET', '/repository/@/simple/'],
  ['pypi', 'GET', '/repository/@/simple/§/'],
  ['pypi', 'GET', '/repository/@/pypi/§/json'],
  ['pypi', 'POST', '/repository/@/', 'x'],
  ['oci', 'GET', '/v2/@/§/manifests/1.0'],
  ['oci', 'HEAD', '/v2/@/§/manifests/1.0'],
  ['oci', 'GET', '/v2/@/§/tags/list'],
  ['oci', 'POST', '/v2/@/§/blobs/uploads/'],
  ['oci', 'PUT', '/v2/@/§/manifests/1.0', '{}'],
  ['oci', 'DELETE', '/v2/@/§/manifests/1.0'],
];

// Rows of one length: Jest would fill a missing argument with its `done`.
const requests = listed.map(([format, method, path, body]) => [format, method, path, body] as const);

const volatile = /"(?:decisionId|requestId|decision_id|request_id|decision|id)":"[^"]*"/g;

interface Answer {
  readonly status: number;
  readonly reason: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('what a user may not read', () => {
  let server: TestServer;
  let reader: TestUser;
  let layer: string;
  const formats = ['raw', 'npm', 'maven', 'pypi', 'oci'];

  const send = (
    method: string,
    path: string,
    options: { as?: TestUser; body?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = {
        ...options.headers,
        'content-length': Buffer.byteLength(options.body ?? ''),
      };
      if (options.as) headers['authorization'] = options.as.bearer;
      const req = request(server.url, { method, path, headers }, res => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('end', () =>
          resolve({
            status: res.statusCode!,
            reason: res.statusMessage,
            headers: res.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      req.on('error', reject);
      req.end(options.body);
    });

  const publishEverything = async (suffix: string, name: string): Promise<void> => {
    const put = async (path: string, body: string, headers: Record<string, string> = {}) => {
      const answer = await send('PUT', path, { as: server.admin, body, headers });
      if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.body}`);
    };
    await put(`/repository/raw-${suffix}/${name}/file.txt`, `file of ${name}`);
    await put(`/repository/npm-${suffix}/${name}`, JSON.stringify(publishDocument({ name, version: '1.0.0' })), {
      'content-type': 'application/json',
    });
    await put(`/repository/maven-${suffix}/com/acme/${name}/1.0/${name}-1.0.jar`, 'PK\u0003\u0004');
    await put(
      `/repository/maven-${suffix}/com/acme/${name}/1.0/${name}-1.0.pom`,
      `<project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>${name}</artifactId><version>1.0</version></project>`,
    );
    const form = uploadForm(name, '1.0');
    const uploaded = await fetch(`${server.url}/repository/pypi-${suffix}/`, {
      method: 'POST',
      body: form,
      headers: { authorization: server.admin.bearer },
    });
    if (uploaded.status >= 300) throw new Error(`pypi: ${uploaded.status} ${await uploaded.text()}`);
    const image = await new OciClient(server.url, server.admin.basic).pushImage(
      `oci-${suffix}/${name}`,
      '1.0',
      `layer of ${name}`,
    );
    layer = image.layer.digest;
  };

  beforeAll(async () => {
    server = await startTestServer();
    for (const format of formats) {
      await server.createRepository(`${format}-mine`, format);
      await server.createRepository(`${format}-theirs`, format);
    }
    await publishEverything('mine', 'open-thing');
    await publishEverything('mine', 'closed-thing');
    await publishEverything('theirs', 'secret-thing');
    reader = await server.createUser('reader', [
      ...formats.map(format => ({
        role: 'reader',
        repository: `${format}-mine`,
        names: format === 'maven' ? 'com.acme:open-*' : 'open-*',
      })),
      ...formats.map(format => ({
        role: 'publisher',
        repository: `${format}-mine`,
        names: format === 'maven' ? 'com.acme:open-*' : 'open-*',
      })),
    ]);
  });
  afterAll(() => server.stop());

  /** The answer without what differs by nature: ids, dates and the name that was asked for. */
  const comparable = (answer: Answer, names: readonly string[]): unknown => {
    const clean = (text: string) =>
      names.reduce((cleaned, name) => cleaned.replaceAll(name, 'NAME'), text).replace(volatile, '"id":"…"');
    const headers = Object.fromEntries(
      Object.entries(answer.headers)
        .filter(([name]) => !['date', 'x-request-id', 'x-decision-id', 'content-length'].includes(name))
        .map(([name, value]) => [name, clean(String(value))]),
    );
    return { status: answer.status, reason: clean(answer.reason ?? ''), headers, body: clean(answer.body) };
  };

  describe.each(['signed in', 'anonymous'])('%s', who => {
    it.each(requests)(
      '%s: %s %s of a foreign repository looks like one of a repository that does not exist',
      async (format, method, path, body) => {
        const as = who === 'anonymous' ? {} : { as: reader };
        const ask = async (suffix: string) => {
          const url = path.replaceAll('@', `${format}-${suffix}`).replaceAll('§', 'secret-thing');
          return comparable(await send(method, url, { ...as, ...(body === undefined ? {} : { body }) }), [suffix]);
        };
        const hidden = await ask('theirs');
        expect(hidden).toEqual(await ask('absent'));
        expect((hidden as Answer).status).toBe(who === 'anonymous' ? 401 : 404);
      },
    );
  });

  it.each(requests.filter(([, , path]) => path.includes('§')))(
    '%s: %s %s of a hidden name looks like one of a name that does not exist',
    async (format, method, path, body) => {
      const ask = async (name: string) => {
        const url = path.replaceAll('@', `${format}-mine`).replaceAll('§', name);
        return comparable(await send(method, url, { as: reader, ...(body === undefined ? {} : { body }) }), [name]);
      };
      expect(await ask('closed-thing')).toEqual(await ask('absent-thing'));
    },
  );

  it('does not appear in any list', async () => {
    const lists = [
      '/repository/raw-mine/',
      '/repository/pypi-mine/simple/',
      '/v2/_catalog',
      '/api/v1/repositories',
      '/api/v1/packages?repository=raw-mine',
      '/api/v1/packages?repository=maven-mine',
      '/api/v1/packages',
      '/api/v1/search?name=thing',
      '/api/v1/search?q=thing',
      `/api/v1/search?digest=sha256:${createHash('sha256').update('file of secret-thing').digest('hex')}`,
      `/api/v1/search?digest=sha256:${createHash('sha256').update('file of closed-thing').digest('hex')}`,
    ];
    for (const path of lists) {
      const answer = await send('GET', path, { as: reader });
      expect([
        path,
        answer.status < 500,
        /theirs|secret-thing|closed-thing/.test(answer.body.replace(/digest=[^"]*/g, '')),
      ]).toEqual([path, true, false]);
    }
    const visible = await send('GET', '/api/v1/packages', { as: reader });
    expect(visible.body).toContain('open-thing');
  });

  it('cannot be reached by its REST ids', async () => {
    const rows = await server.database.query<{ id: string; version: string }>(
      `select p.id, v.id as version from package p join repository r on r.id = p.repository_id join version v on v.package_id = p.id where r.name like '%-theirs'`,
    );
    expect(rows.length).toBeGreaterThan(4);
    for (const { id, version } of rows) {
      for (const path of [
        `packages/${id}`,
        `packages/${id}/versions`,
        `packages/${id}/tags`,
        `versions/${version}`,
        `versions/${version}/files`,
      ]) {
        expect([path, (await send('GET', `/api/v1/${path}`, { as: reader })).status]).toEqual([path, 404]);
      }
    }
  });

  it('cannot be mounted from another image, nor found by digest', async () => {
    const own = new OciClient(server.url, reader.basic);
    const mounted = await own.send(
      'POST',
      `/v2/oci-mine/open-image/blobs/uploads/?mount=${layer}&from=oci-theirs/secret-thing`,
    );
    expect(mounted.status).toBe(202);
    expect((await own.get(`/v2/oci-mine/open-thing/blobs/${layer}`)).status).toBe(404);
    expect((await own.get(`/v2/oci-theirs/secret-thing/blobs/${layer}`)).status).toBe(404);
  });

  it('is not told by a registry token that was asked for it', async () => {
    const own = new OciClient(server.url, reader.basic);
    const ask = async (name: string) => {
      const answer = await own.get(`/v2/_token?service=x&scope=repository:${name}:pull`);
      const claims = JSON.parse(
        Buffer.from(
          (JSON.parse(answer.body.toString()) as { token: string }).token.split('.')[1]!,
          'base64url',
        ).toString(),
      ) as Record<string, unknown>;
      return JSON.stringify(claims);
    };
    expect(await ask('oci-theirs/secret-thing')).not.toContain('secret-thing');
    expect(await ask('oci-mine/closed-thing')).not.toContain('closed-thing');
  });
});
