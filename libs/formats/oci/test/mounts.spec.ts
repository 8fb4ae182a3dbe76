import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { oci } from '#formats/oci';
import { OciClient, digestOf } from './oci-client.js';
import { expectCreated, fresh } from './pushed-blobs.js';

let server: TestServer;
let client: OciClient;

beforeAll(async () => {
  server = await startTestServer({ formats: [oci] });
  await server.createRepository('hosted', 'oci');
  await server.createRepository('second', 'oci');
  client = OciClient.basic(server.url, server.admin);
});
afterAll(() => server.stop());

const name = 'hosted/team/app';

describe('a mount', () => {
  it('links a blob of another image without bytes', async () => {
    const blob = await client.pushBlob('second/source', fresh());
    const answer = await client.send('POST', `/v2/${name}/blobs/uploads/?mount=${blob.digest}&from=second/source`);
    expectCreated(name, answer, blob.digest);
    expect(await client.send('HEAD', `/v2/${name}/blobs/${blob.digest}`)).toMatchObject({
      status: 200,
      headers: { 'content-length': String(blob.size) },
    });
    expect((await client.send('DELETE', `/v2/second/source/blobs/${blob.digest}`)).status).toBe(202);
    expect((await client.send('HEAD', `/v2/${name}/blobs/${blob.digest}`)).status).toBe(200);
  });

  it.each(['second/nothing', 'nowhere/app', 'second', 'UPPER/case', '../../x', ''])(
    'from "%s" that has no such blob is an upload like any other',
    async from => {
      const content = fresh();
      const answer = await client.send(
        'POST',
        `/v2/${name}/blobs/uploads/?mount=${digestOf(content)}&from=${encodeURIComponent(from)}`,
      );
      expect(answer.status).toBe(202);
      expectCreated(
        name,
        await client.send('PUT', `${answer.headers.location}?digest=${digestOf(content)}`, { body: content }),
        digestOf(content),
      );
    },
  );

  it('needs the right to read the source, and does not tell whether it is there', async () => {
    await server.createRepository('closed', 'oci');
    const blob = await client.pushBlob('closed/source', fresh());
    const publisher = await server.createUser('mounting', [{ role: 'publisher', repository: 'hosted' }]);
    const theirs = OciClient.basic(server.url, publisher);
    const [unreadable, missing] = await Promise.all([
      theirs.send('POST', `/v2/${name}/blobs/uploads/?mount=${blob.digest}&from=closed/source`),
      theirs.send('POST', `/v2/${name}/blobs/uploads/?mount=${digestOf('nothing')}&from=closed/source`),
    ]);
    expect([unreadable.status, missing.status]).toEqual([202, 202]);
    expect((await theirs.send('HEAD', `/v2/${name}/blobs/${blob.digest}`)).status).toBe(404);
  });

  it('that failed can be followed by giving up the upload', async () => {
    const answer = await client.send(
      'POST',
      `/v2/${name}/blobs/uploads/?mount=${digestOf('nothing')}&from=second/source`,
    );
    expect((await client.send('DELETE', String(answer.headers.location))).status).toBe(204);
  });
});
