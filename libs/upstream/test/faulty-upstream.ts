import { createHash } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with one answer. Bytes are counted in the body. */
export type Fault =
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'hang-after'; readonly bytes: number }
  | { readonly kind: 'cut-after'; readonly bytes: number }
  /** Announces another length than it sends, and closes the connection afterwards. */
  | { readonly kind: 'announce'; readonly bytes: number }
  /** Sends so many bytes at a time, waiting for `release` of the server in between. */
  | { readonly kind: 'slow'; readonly bytes: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  /** Answers a range with the whole file. */
  | { readonly kind: 'ignore-range' };

export interface ServedFile {
  readonly bytes: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly etag?: string | undefined;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * An upstream on loopback that serves files with ETags and ranges, and fails on demand. Faults are queued for a path and used up one for a request;
 * a fault for `*` meets every path. Every request is written down before it is answered.
 */
export class FaultyUpstream {
  readonly requests: SeenRequest[] = [];
  readonly #files = new Map<string, ServedFile>();
  readonly #handlers = new Map<string, Handler>();
  readonly #faults = new Map<string, Fault[]>();
  readonly #lasting = new Map<string, Fault>();
  readonly #gates: (() => void)[] = [];
  readonly #seen: (() => void)[] = [];
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<FaultyUpstream> {
    const upstream = new FaultyUpstream();
    await upstream.up();
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Serves a file; with `etag: undefined` without one. */
  file(path: string, bytes: Buffer | string, options: Omit<ServedFile, 'bytes'> = {}): void {
    const content = Buffer.from(bytes);
    const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
    this.#files.set(path, { bytes: content, etag, ...options });
  }

  handle(path: string, handler: Handler): void {
    this.#handlers.set(path, handler);
  }

  /** The next requests of the path fail, one after the other. */
  failNext(path: string, ...faults: Fault[]): void {
    this.#faults.set(path, [...(this.#faults.get(path) ?? []), ...faults]);
  }

  /** All requests of the path fail until `heal`. */
  fail(path: string, fault: Fault): void {
    this.#lasting.set(path, fault);
  }

  heal(): void {
    this.#lasting.clear();
    this.#faults.clear();
  }

  requestsOf(path: string): SeenRequest[] {
    return this.requests.filter(({ url }) => url.split('?')[0] === path);
  }

  /** Resolves when so many requests have arrived in all. */
  async seen(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>(resolve => this.#seen.push(resolve));
  }

  /** Lets every slow answer send its next piece. */
  release(): void {
    for (const open of this.#gates.splice(0)) open();
  }

  /** Listens, after `down` on the same port again. */
  async up(): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise(resolve => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?')[0]!;
    this.requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    for (const look of this.#seen.splice(0)) look();
    const fault = this.#faultOf(path);
    if (fault?.kind === 'reset') return void request.socket.resetAndDestroy();
    if (fault?.kind === 'hang') return undefined;
    if (fault?.kind === 'status') return void response.writeHead(fault.status, { ...fault.headers }).end('fault');
    if (fault?.kind === 'redirect') return void response.writeHead(fault.status ?? 302, { location: fault.to }).end();
    const handler = this.#handlers.get(path);
    if (handler) return handler(request, response);
    const file = this.#files.get(path);
    if (!file) return void response.writeHead(404).end('nothing here');
    void this.#send(request, response, file, fault);
    return undefined;
  }

  #faultOf(path: string): Fault | undefined {
    const once = this.#faults.get(path)?.shift() ?? this.#faults.get('*')?.shift();
    return once ?? this.#lasting.get(path) ?? this.#lasting.get('*');
  }

  async #send(
    request: IncomingMessage,
    response: ServerResponse,
    file: ServedFile,
    fault: Fault | undefined,
  ): Promise<void> {
    const headers: Record<string, string> = {
      ...(file.etag === undefined ? {} : { etag: file.etag }),
      ...file.headers,
    };
    if (file.etag !== undefined && request.headers['if-none-match'] === file.etag) {
      response.writeHead(304, headers).end();
      return;
    }
    const start = fault?.kind === 'ignore-range' ? 0 : rangeStart(request, file);
    const body = file.bytes.subarray(start);
    if (start > 0) headers['content-range'] = `bytes ${start}-${file.bytes.length - 1}/${file.bytes.length}`;
    headers['content-length'] = String(fault?.kind === 'announce' ? fault.bytes : body.length);
    response.writeHead(start > 0 ? 206 : 200, headers);
    if (request.method === 'HEAD') return void response.end();
    await this.#sendBody(response, body, fault);
    return undefined;
  }

  async #sendBody(response: ServerResponse, body: Buffer, fault: Fault | undefined): Promise<void> {
    const part = fault?.kind === 'hang-after' || fault?.kind === 'cut-after' ? body.subarray(0, fault.bytes) : body;
    if (fault?.kind === 'slow') {
      for (let at = 0; at < body.length; at += fault.bytes) {
        response.write(body.subarray(at, at + fault.bytes));
        await new Promise<void>(resolve => this.#gates.push(resolve));
      }
      response.end();
    } else if (fault?.kind === 'hang-after') {
      response.write(part);
    } else if (fault?.kind === 'cut-after' || fault?.kind === 'announce') {
      // The end of the connection must come after the bytes, not instead of them.
      response.write(part, () => response.socket?.end());
    } else {
      response.end(part);
    }
  }
}

function rangeStart(request: IncomingMessage, file: ServedFile): number {
  const match = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const condition = request.headers['if-range'];
  if (!match || (condition !== undefined && condition !== file.etag)) return 0;
  return Math.min(Number(match[1]), file.bytes.length);
}
