export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** The body as JSON; an empty object when it is none. */
  readonly json: Record<string, unknown>;
}

/** Speaks to one repository as a registry client does. */
export class NpmClient {
  constructor(
    readonly base: string,
    private readonly authorization?: string,
  ) {}

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, { headers });
  }

  put(path: string, value: unknown): Promise<Answer> {
    return this.send('PUT', path, { body: JSON.stringify(value), headers: { 'content-type': 'application/json' } });
  }

  delete(path: string): Promise<Answer> {
    return this.send('DELETE', path);
  }

  async send(
    method: string,
    path: string,
    options: { body?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      headers: {
        'user-agent': 'npm/11.19.1 node/v26.10.0 linux x64 workspaces/false',
        ...(this.authorization === undefined ? {} : { authorization: this.authorization }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: options.body }),
    });
    const body = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body, json: parse(body) };
  }
}

function parse(body: Buffer): Answer['json'] {
  try {
    return JSON.parse(body.toString()) as Answer['json'];
  } catch {
    return {} as Answer['json'];
  }
}
