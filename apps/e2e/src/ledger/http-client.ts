import { Agent, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { adminPassword } from './server-process.js';

export interface Message {
  readonly method?: string;
  /** Below the server, with its query. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer | string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const patienceMs = 30_000;

/** A client of one running server, signed in as its administrator. Nothing is repeated and nothing is cached. */
export class HttpClient {
  readonly authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(readonly url: string) {}

  /** @throws when the connection breaks before the answer is complete */
  send({ method = 'GET', path, headers = {}, body }: Message): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(path, this.url), {
        method,
        agent: this.agent,
        headers: {
          authorization: this.authorization,
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      });
      outgoing.setTimeout(patienceMs, () => outgoing.destroy(new Error('no answer for 30 s')));
      outgoing.on('error', reject);
      outgoing.on('response', incoming => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode!, headers: incoming.headers, body: Buffer.concat(chunks) }),
        );
      });
      outgoing.end(body);
    });
  }

  async get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.send({ path, headers });
  }

  close(): void {
    this.agent.destroy();
  }
}
