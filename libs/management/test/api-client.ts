import { operationsOf } from '../src/openapi/operations-of.js';
import type { Operation } from '../src/http/operation.js';
import { problemSchema } from '../src/http/problem.js';
import { apiControllers } from '../src/resources/controllers.js';

export interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Received {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, the text of any other type, undefined without a body. */
  // Specs look into answers of every shape.
  readonly body: any;
}

/** Speaks to `/api/v1` and holds every answer against what the operation promises: its schema, or a problem document. */
export class ApiClient {
  constructor(
    private readonly url: string,
    private readonly authorization?: string,
  ) {}

  as(user: { readonly token: string }): ApiClient {
    return new ApiClient(this.url, `Bearer ${user.token}`);
  }

  get(path: string, sent: Sent = {}): Promise<Received> {
    return this.send('GET', path, sent);
  }

  post(path: string, body?: unknown, sent: Sent = {}): Promise<Received> {
    return this.send('POST', path, { ...sent, body });
  }

  put(path: string, body: unknown): Promise<Received> {
    return this.send('PUT', path, { body });
  }

  patch(path: string, body: unknown, sent: Sent = {}): Promise<Received> {
    return this.send('PATCH', path, { ...sent, body });
  }

  delete(path: string, sent: Sent = {}): Promise<Received> {
    return this.send('DELETE', path, sent);
  }

  async send(method: string, path: string, { body, headers }: Sent): Promise<Received> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(this.authorization === undefined ? {} : { Authorization: this.authorization }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json =
      (response.headers.get('content-type') ?? '').includes('json') &&
      !response.headers.get('content-type')!.includes('ndjson');
    const received: Received = {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : json ? JSON.parse(text) : text,
    };
    holdAgainstDescription(method, path, received);
    return received;
  }
}

function holdAgainstDescription(method: string, path: string, { status, headers, body }: Received): void {
  if (status >= 400) {
    if (!headers.get('content-type')?.startsWith('application/problem+json'))
      throw new Error(`${method} ${path}: ${status} without a problem document`);
    problemSchema.parse(body);
    if (headers.get('x-decision-id') !== body.decisionId)
      throw new Error(`${method} ${path}: the decision id of header and body differ`);
    if (/basic/i.test(headers.get('www-authenticate') ?? '')) throw new Error(`${method} ${path}: a Basic challenge`);
    return;
  }
  const operation = operationAt(method, path);
  if (!operation) throw new Error(`${method} ${path} answers ${status} and is not described`);
  if (status === 304 || typeof body === 'string') return;
  const expected = operation.status ?? (operation.answer ? 200 : 204);
  if (status !== expected) throw new Error(`${method} ${path}: answers ${status}, described is ${expected}`);
  operation.answer?.parse(body);
}

function operationAt(method: string, path: string): Operation | undefined {
  const parts = path.split('?')[0]!.split('/');
  return operationsOf(apiControllers).find(operation => {
    const pattern = operation.path.split('/');
    return (
      operation.method === method &&
      pattern.length === parts.length &&
      pattern.every((part, index) => part.startsWith(':') || part === parts[index])
    );
  });
}
