import { startTestServer, type TestServer } from '#testing';
import { oci } from '../index.js';
import { OciClient, type Image } from './oci-client.js';

/** A server with the repository `hosted`, its administrator as a client, and `hosted/team/app:latest` in it. */
export async function startOci(): Promise<{ server: TestServer; client: OciClient; image: Image }> {
  const server = await startTestServer({ formats: [oci] });
  await server.createRepository('hosted', 'oci');
  const client = OciClient.basic(server.url, server.admin);
  return { server, client, image: await client.pushImage('hosted/team/app', 'latest', 'first') };
}
