import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer, type TestUser } from '#testing';
import { publishDocument } from '../../../libs/formats/npm/test/publish-document.js';
import { artifactMetadataOf, pomOf } from '../../../libs/formats/maven/test/maven-client.js';
import { OciClient, type Image } from '../../../libs/formats/oci/test/oci-client.js';
import { wheel } from '../../../libs/formats/pypi/test/archives.js';
import { multipart, multipartType, uploadParts } from '../../../libs/formats/pypi/test/forms.js';
import { holdings, makeBoxes } from './attack-tools.js';

interface Sent {
  readonly path: string;
  readonly method: string;
  readonly body: string | Buffer;
  readonly type: string;
}

const npm = (version: string, content: string): Sent => ({
  path: '/repository/npm-box/race',
  method: 'PUT',
  body: JSON.stringify(publishDocument({ name: 'race', version, files: { content } })),
  type: 'application/json',
});
const maven = (version: string, content: string): Sent => ({
  path: `/repository/maven-box/com/acme/race/${version}/race-${version}.pom`,
  method: 'PUT',
  body: pomOf('com.acme', 'race', version, `<description>${content}</description>`),
  type: 'application/octet-stream',
});
const completed = (version: string): Sent => ({
  path: '/repository/maven-box/com/acme/race/maven-metadata.xml',
  method: 'PUT',
  body: artifactMetadataOf('com.acme', 'race', version),
  type: 'application/xml',
});
const pypi = (version: string, content: string): Sent => ({
  path: '/repository/pypi-box/',
  method: 'POST',
  body: multipart(uploadParts(`race-${version}-py3-none-any.whl`, wheel('race', version, `Summary: ${content}\n`))),
  type: multipartType,
});
const many = Array.from({ length: 50 }, (_, i) => i);

/** The formats with how one publishes, the file of a version, and the versions that its index names. */
const formats = [
  ['npm', npm, (version: string) => `/repository/npm-box/race/-/race-${version}.tgz`, '/repository/npm-box/race', (index: string) => Object.keys((JSON.parse(index) as { versions: object }).versions)],
  ['maven', maven, (version: string) => `/repository/maven-box/com/acme/race/${version}/race-${version}.pom`, '/repository/maven-box/com/acme/race/maven-metadata.xml', (index: string) => [...index.matchAll(/<version>([^<]+)/g)].map(match => match[1]!)],
  ['pypi', pypi, undefined, '/repository/pypi-box/simple/race/', (index: string) => (JSON.parse(index) as { versions: string[] }).versions],
] as const;

describe('at the same moment', () => {
  let server: TestServer;
  const publishers: TestUser[] = [];
  const send = async ({ path, method, body, type }: Sent, as: TestUser = server.admin): Promise<number> => {
    // A publish that was told to come back does so, as clients do.
    for (let attempt = 1; ; attempt++) {
      const answer = await fetch(`${server.url}${path}`, { method, body: typeof body === 'string' ? body : new Uint8Array(body), headers: { authorization: as.bearer, 'content-type': type } });
      await answer.arrayBuffer();
      if (answer.status !== 503 || attempt === 5) return answer.status;
      await new Promise(resolve => setTimeout(resolve, 200 * attempt));
    }
  };
  const get = async (path: string): Promise<Response> => fetch(`${server.url}${path}`, { headers: { authorization: server.admin.bearer, accept: path.includes('simple') ? 'application/vnd.pypi.simple.v1+json' : '*/*' } });

  beforeAll(async () => {
    server = await startTestServer();
    await makeBoxes(server);
    for (let i = 0; i < 10; i++) publishers.push(await server.createUser(`publisher-${i}`, [{ role: 'publisher' }]));
  });
  afterAll(() => server.stop());

  it.each(formats)('%s: of 50 different publishes of one version exactly one wins (F45)', async (name, publish, fileOf, _index, _versionsOf) => {
    // An open Maven version may be replaced by whoever published it, so there everybody is somebody else.
    const sent = many.slice(0, name === 'maven' ? publishers.length : 50).map(i => publish('1.0.0', `content ${i}`));
    const statuses = await Promise.all(sent.map((one, i) => send(one, publishers[i % publishers.length])));
    const won = statuses.filter(status => status < 300);
    const lost = statuses.filter(status => status >= 300);
    expect([won.length, lost.every(status => status === 403 || status === 409 || status === 400)]).toEqual([1, true]);
    const winner = sent[statuses.findIndex(status => status < 300)]!;
    if (fileOf) {
      const bytes = Buffer.from(await (await get(fileOf('1.0.0'))).arrayBuffer());
      const wanted = name === 'npm' ? Buffer.from(Object.values((JSON.parse(winner.body.toString()) as { _attachments: Record<string, { data: string }> })._attachments)[0]!.data, 'base64') : Buffer.from(winner.body);
      expect(bytes.equals(wanted)).toBe(true);
    }
    const rows = await server.database.query("select 1 from version v join package p on p.id = v.package_id join repository r on r.id = p.repository_id where r.name = $1 and v.text like '1.0%' and v.removed_at is null", [`${name}-box`]);
    expect(rows).toHaveLength(1);
    expect((await holdings(server)).staged).toEqual([]);
    // The one that won may be repeated, because its answer may have been lost.
    const winning = statuses.findIndex(status => status < 300);
    expect(await send(winner, publishers[winning % publishers.length])).toBeLessThan(300);
  });

  it.each(formats)('%s: 50 versions all land, and the index names every one (F46)', async (name, publish, _file, index, versionsOf) => {
    const versions = many.map(i => `2.${i}.0`);
    const statuses = await Promise.all(
      versions.map(async version => {
        const status = await send(publish(version, version));
        // Maven's clients say with their metadata that a version is complete.
        return name === 'maven' && status < 300 ? send(completed(version)) : status;
      }),
    );
    expect(statuses.filter(status => status >= 300)).toEqual([]);
    const named = versionsOf(await (await get(index)).text());
    expect(versions.filter(version => !named.includes(version))).toEqual([]);
    const [{ count } = { count: '' }] = await server.database.query<{ count: string }>("select living_versions as count from package p join repository r on r.id = p.repository_id where r.name = $1", [`${name}-box`]);
    const [{ real } = { real: '' }] = await server.database.query<{ real: string }>("select count(*) as real from version v join package p on p.id = v.package_id join repository r on r.id = p.repository_id where r.name = $1 and v.removed_at is null", [`${name}-box`]);
    expect(Number(count)).toBe(Number(real));
    expect((await holdings(server)).staged).toEqual([]);
  });

  it('the same publish 20 times is one publish, and everybody hears of success', async () => {
    for (const publish of [npm, maven, pypi]) {
      const same = publish('9.0.0', 'same');
      expect((await Promise.all(many.slice(0, 20).map(() => send(same)))).filter(status => status >= 300)).toEqual([]);
    }
    const events = await server.database.query("select action from event where version = '9.0.0' and action = 'version.publish'");
    expect(events).toHaveLength(3);
  });

  it('an OCI tag that many move has a history without gaps or overlaps, and ends at the last move that was acknowledged (F47)', async () => {
    const client = new OciClient(server.url, server.admin.basic);
    const images: Image[] = [];
    for (const i of many.slice(0, 8)) images.push(await client.pushImage('oci-box/storm', undefined, `storm ${i}`));
    const acknowledged: { digest: string; startedAt: number; endedAt: number }[] = [];
    await Promise.all(
      many.slice(0, 8).map(async worker => {
        for (let turn = 0; turn < 10; turn++) {
          const image = images[(worker + turn) % images.length]!;
          const startedAt = performance.now();
          const answer = await client.pushManifest('oci-box/storm', 'moving', image.bytes);
          if (answer.status === 201) acknowledged.push({ digest: image.digest, startedAt, endedAt: performance.now() });
        }
      }),
    );
    const rows = await server.database.query<{ text: string; valid_from: string; valid_to: string | null }>(
      "select v.text, t.valid_from::text, t.valid_to::text from tag t join version v on v.id = t.version_id where t.name = 'moving' order by t.valid_from, t.id",
    );
    expect(rows.filter(row => row.valid_to === null)).toHaveLength(1);
    rows.slice(1).forEach((row, i) => {
      expect(row.valid_from).toBe(rows[i]!.valid_to);
      expect(row.text).not.toBe(rows[i]!.text);
    });
    const last = rows.at(-1)!;
    const served = (await client.send('HEAD', '/v2/oci-box/storm/manifests/moving')).headers['docker-content-digest'];
    expect(served).toBe(last.text);
    // Linearizable: the final value was pushed by a request that no later one followed entirely.
    const latestStart = Math.max(...acknowledged.map(push => push.startedAt));
    expect(acknowledged.some(push => push.digest === served && push.endedAt >= latestStart)).toBe(true);
    expect(acknowledged.length).toBeGreaterThan(40);
  });
});
