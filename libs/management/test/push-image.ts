import { createHash } from 'node:crypto';

export interface Image {
  readonly repository: string;
  readonly name: string;
  readonly tag: string;
  /** Stands in the image's layer, so that other words make another image. */
  readonly content: string;
}

/** Pushes an image of one layer as a container client does, and gives the digest of its manifest. */
export async function pushImage(url: string, token: string, image: Image): Promise<string> {
  const base = `${url}/v2/${image.repository}/${image.name}`;
  const authorization = `Basic ${Buffer.from(`ci:${token}`).toString('base64')}`;
  const layer = await pushBlob(base, authorization, Buffer.from(image.content));
  const config = await pushBlob(
    base,
    authorization,
    Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'),
  );
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
  });
  await send(`${base}/manifests/${image.tag}`, {
    method: 'PUT',
    headers: { Authorization: authorization, 'Content-Type': 'application/vnd.oci.image.manifest.v1+json' },
    body: manifest,
  });
  return digestOf(Buffer.from(manifest));
}

async function pushBlob(base: string, authorization: string, bytes: Buffer): Promise<{ digest: string; size: number }> {
  const digest = digestOf(bytes);
  await send(`${base}/blobs/uploads/?digest=${digest}`, {
    method: 'POST',
    headers: { Authorization: authorization, 'Content-Type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
  });
  return { digest, size: bytes.length };
}

async function send(url: string, request: RequestInit): Promise<void> {
  const response = await fetch(url, request);
  if (!response.ok) throw new Error(`${request.method} ${url}: ${response.status} ${await response.text()}`);
  await response.body?.cancel();
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
