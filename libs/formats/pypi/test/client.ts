import { request, type IncomingHttpHeaders } from 'node:http';
import { multipart, multipartType, uploadParts, type FormPart } from './forms.js';

export interface Answer {
  readonly status: number;
  /** The reason phrase, which is what pip and twine print. */
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface Question {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** One repository over HTTP, with paths sent exactly as they are written. */
export class PypiClient {
  constructor(
    readonly baseUrl: string,
    readonly token: string | undefined,
  ) {}

  withToken(token: string | undefined): PypiClient {
    return new PypiClient(this.baseUrl, token);
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.send('GET', path, { headers });
  }

  send(method: string, path: string, { headers = {}, body }: Question = {}): Promise<Answer> {
    const { hostname, port, pathname } = new URL(this.baseUrl);
    const signed = this.token === undefined ? {} : { authorization: basic('__token__', this.token) };
    return new Promise((resolve, reject) => {
      const req = request(
        { hostname, port, path: `${pathname}${path}`, method, headers: { ...signed, ...headers }, agent: false },
        res => {
          const chunks: Buffer[] = [];
          res.on('data', (chunk: Buffer) => chunks.push(chunk));
          res.on('error', reject);
          res.on('end', () => {
            const bytes = Buffer.concat(chunks);
            const { statusCode = 0, statusMessage = '', headers: received } = res;
            resolve({
              status: statusCode,
              reason: statusMessage,
              headers: received,
              body: bytes,
              text: bytes.toString(),
            });
          });
        },
      );
      req.on('error', reject);
      req.end(body);
    });
  }

  /** Posts a form; chunked unless the length is given. */
  post(
    parts: readonly FormPart[],
    options: { path?: string; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Answer> {
    const body = multipart(parts);
    const headers = { 'content-type': multipartType, 'content-length': String(body.length), ...options.headers };
    return this.send('POST', options.path ?? '/', { headers, body });
  }

  /** What twine does, with some fields changed. */
  upload(fileName: string, bytes: Buffer, changes: Record<string, string | undefined> = {}): Promise<Answer> {
    return this.post(uploadParts(fileName, bytes, changes));
  }

  async json(path: string): Promise<any> {
    const answer = await this.get(path, { accept: 'application/vnd.pypi.simple.v1+json' });
    return JSON.parse(answer.text);
  }

  /** Path below the repository of a file on its project's page. */
  async pathOf(project: string, fileName: string): Promise<string> {
    const page = (await this.json(`/simple/${project}/`)) as { files: { filename: string; url: string }[] };
    const url = page.files.find(file => file.filename === fileName)?.url;
    if (url === undefined) throw new Error(`${fileName} is not on the page of ${project}`);
    return new URL(url, `${this.baseUrl}/simple/${project}/`).href.slice(this.baseUrl.length);
  }
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
