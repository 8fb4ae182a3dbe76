import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Made by the server of the answer itself, not by what answers. */
const ownHeaders = new Set(['date', 'connection', 'keep-alive']);

/** One answer as it crosses the wire: nothing decompressed, header names in the server's spelling. @throws Error unless the status is 200 */
export async function rawAnswer(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ headers: Record<string, string>; body: Buffer }> {
  const outgoing = request(url, { headers: { ...headers } });
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const body = await buffer(response);
  if (response.statusCode !== 200)
    throw new Error(`${url} answered ${response.statusCode}: ${body.toString().slice(0, 500)}`);
  const pairs = response.rawHeaders.flatMap((name, index, all) =>
    index % 2 === 0 ? [[name, all[index + 1]!] as const] : [],
  );
  return { headers: Object.fromEntries(pairs.filter(([name]) => !ownHeaders.has(name.toLowerCase()))), body };
}
