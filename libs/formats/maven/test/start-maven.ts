import { startTestServer, type TestServer } from '#testing';
import { maven } from '../index.js';
import { MavenClient } from './maven-client.js';

/** A server with the repository `maven` and two publishers: who reads what the other one deployed seals it. */
export async function startMaven(): Promise<{ server: TestServer; ci: MavenClient; otherCi: MavenClient }> {
  const server = await startTestServer({ formats: [maven] });
  await server.createRepository('maven', 'maven');
  const as = async (name: string) =>
    new MavenClient(server.url, 'maven', (await server.createUser(name, [{ role: 'publisher' }])).token);
  return { server, ci: await as('ci'), otherCi: await as('other-ci') };
}
