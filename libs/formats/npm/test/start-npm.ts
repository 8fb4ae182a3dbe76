import { expect } from '@jest/globals';
import { startTestServer, type TestServer } from '#testing';
import { npm } from '../index.js';
import { NpmClient } from './npm-client.js';
import { publishDocument, type PublishDocument } from './publish-document.js';

/** A server with the repository `packages`, and its administrator as a client. */
export async function startNpm(): Promise<{ server: TestServer; client: NpmClient }> {
  const server = await startTestServer({ formats: [npm] });
  await server.createRepository('packages', 'npm');
  return { server, client: new NpmClient(`${server.url}/repository/packages`, `Bearer ${server.admin.token}`) };
}

/** Publishes a small package, and expects it to succeed. */
export async function publish(
  client: NpmClient,
  name: string,
  version: string,
  tags?: string[],
): Promise<PublishDocument> {
  const document = publishDocument({ name, version, ...(tags ? { tags } : {}) });
  const answer = await client.put(`/${name.replace('/', '%2f')}`, document);
  expect(answer.json).toMatchObject({ ok: true, success: true, id: name });
  return document;
}

export async function tagsOf(client: NpmClient, name: string): Promise<unknown> {
  return (await client.get(`/-/package/${name.replace('/', '%2f')}/dist-tags`)).json;
}
