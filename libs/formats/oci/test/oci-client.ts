import { createHash } from 'node:crypto';
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Sending {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer | string;
  /** Without a Content-Length, as docker streams a layer. */
  readonly chunked?: boolean;
}

export const ociImage = 'application/vnd.oci.image.manifest.v1+json';
export const ociIndex = 'application/vnd.oci.image.index.v1+json';

/** Speaks the protocol as a registry client does, with every header in the hands of the test. */
export class OciClient {
  constructor(
    readonly url: string,
    private readonly authorization?: string,
  ) {}

  static basic(url: string, user: { name: string; password: string }): OciClient {
    return new OciClient(url, `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`);
  }

  send(method: string, path: string, { headers = {}, body, chunked = false }: Sending = {}): Promise<Answer> {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const length = chunked ? {} : { 'Content-Length': bytes?.length ?? 0 };
    const own = this.authorization === undefined ? {} : { Authorization: this.authorization };
    return new Promise((resolve, reject) => {
      // As given: a URL object would resolve `..` before it is sent.
      const outgoing = request(this.url, { path, method, headers: { ...own, ...length, ...headers } }, incoming => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode!, headers: incoming.headers, body: Buffer.concat(chunks) }),
        );
        incoming.on('error', reject);
      });
      outgoing.on('error', reject);
      if (chunked && bytes) outgoing.write(bytes);
      outgoing.end(chunked ? undefined : bytes);
    });
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.send('GET', path, { headers });
  }

  /** In one request. */
  async pushBlob(
    name: string,
    content: Buffer | string,
    algorithm: 'sha256' | 'sha512' = 'sha256',
  ): Promise<Descriptor> {
    const bytes = Buffer.from(content);
    const digest = digestOf(bytes, algorithm);
    const pushed = await this.send('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: bytes });
    if (pushed.status !== 201) throw new Error(`pushing a blob: ${pushed.status} ${pushed.body.toString()}`);
    return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: bytes.length };
  }

  pushManifest(name: string, reference: string, manifest: unknown, mediaType: string = ociImage): Promise<Answer> {
    const body = Buffer.isBuffer(manifest) || typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
    return this.send('PUT', `/v2/${name}/manifests/${reference}`, { headers: { 'Content-Type': mediaType }, body });
  }

  /** An image of one layer with its blobs; `content` makes it different from others. */
  async pushImage(
    name: string,
    reference: string | undefined,
    content: string,
    extra: Record<string, unknown> = {},
  ): Promise<Image> {
    const config = {
      ...(await this.pushBlob(name, JSON.stringify({ content }))),
      mediaType: 'application/vnd.oci.image.config.v1+json',
    };
    const layer = await this.pushBlob(name, `layer of ${content}`);
    const manifest = { schemaVersion: 2, mediaType: ociImage, config, layers: [layer], ...extra };
    const bytes = Buffer.from(JSON.stringify(manifest));
    const digest = digestOf(bytes);
    const pushed = await this.pushManifest(name, reference ?? digest, bytes);
    if (pushed.status !== 201) throw new Error(`pushing an image: ${pushed.status} ${pushed.body.toString()}`);
    return { digest, bytes, config, layer, descriptor: { mediaType: ociImage, digest, size: bytes.length } };
  }
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface Image {
  readonly digest: string;
  readonly bytes: Buffer;
  readonly config: Descriptor;
  readonly layer: Descriptor;
  readonly descriptor: Descriptor;
}

/** The descriptor of pushed bytes under another media type. */
export function descriptorOf(mediaType: string, { digest, size }: { digest: string; size: number }): Descriptor {
  return { mediaType, digest, size };
}

/** A manifest over the blobs of an image that was pushed; `change` makes it another one. */
export function manifestOf(image: Image, change: Record<string, unknown> = {}): Record<string, unknown> {
  const config = descriptorOf('application/vnd.oci.image.config.v1+json', image.config);
  return { schemaVersion: 2, mediaType: ociImage, config, layers: [image.layer], ...change };
}

export function digestOf(bytes: Buffer | string, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function jsonOf<T = Record<string, unknown>>(answer: Answer): T {
  return JSON.parse(answer.body.toString()) as T;
}

/** `404 BLOB_UNKNOWN`: the status and the protocol's words. */
export function refusalOf(answer: Answer): string {
  const { errors } = jsonOf<{ errors: { code: string }[] }>(answer);
  return [answer.status, ...errors.map(error => error.code)].join(' ');
}
