import { createHash } from 'node:crypto';
import type { Bench } from '../bench.js';
import { requireOk } from '../larder-process.js';

export const image = 'bench/app';
export const tag = '1.0.0';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Pushes an image with one tiny layer. */
export function requireImage(bench: Bench): Promise<void> {
  return bench.once(image, async () => {
    const admin = await bench.admin();
    const headers = await admin.imageBearer(image);
    const url = admin.imageUrl(image);
    const config = Buffer.from(
      JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }),
    );
    const layer = Buffer.from('a layer');
    for (const blob of [config, layer]) await pushBlob(url, headers, blob);
    const manifest = {
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptor('application/vnd.oci.image.config.v1+json', config),
      layers: [descriptor('application/vnd.oci.image.layer.v1.tar', layer)],
    };
    const response = await fetch(`${url}/manifests/${tag}`, {
      method: 'PUT',
      headers: { ...headers, 'Content-Type': manifestType },
      body: JSON.stringify(manifest),
    });
    await requireOk(response);
  });
}

async function pushBlob(url: string, headers: Readonly<Record<string, string>>, blob: Buffer): Promise<void> {
  const response = await fetch(`${url}/blobs/uploads/?digest=${digestOf(blob)}`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/octet-stream' },
    body: new Uint8Array(blob),
  });
  await requireOk(response);
}

function descriptor(mediaType: string, blob: Buffer): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: digestOf(blob), size: blob.length };
}

function digestOf(blob: Buffer): string {
  return `sha256:${createHash('sha256').update(blob).digest('hex')}`;
}
