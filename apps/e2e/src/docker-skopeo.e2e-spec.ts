import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWithClient, startTestServer, type TestServer } from '#testing';
import { run } from './run.js';

const imageType = 'application/vnd.oci.image.manifest.v1+json';

describeWithClient('skopeo', 'skopeo', () => {
  let server: TestServer;
  let folder: string;
  let image: string;

  beforeAll(async () => {
    server = await startTestServer();
    await server.createRepository('docker-hosted', 'oci');
    folder = await mkdtemp(join(tmpdir(), 'skopeo-'));
    image = `docker://${new URL(server.url).host}/docker-hosted/team/app`;
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await server.stop();
  });

  const skopeo = (...args: string[]) =>
    run('skopeo', ['--insecure-policy', ...args], { folder, environment: { XDG_RUNTIME_DIR: folder } });
  const credentials = () => `${server.admin.name}:${server.admin.token}`;

  it('copies an image of an OCI layout in and out, byte for byte', async () => {
    const digest = await writeLayout(join(folder, 'in'), 'text of the only layer');
    const pushed = await skopeo(
      'copy',
      '--preserve-digests',
      '--dest-tls-verify=false',
      '--dest-creds',
      credentials(),
      `oci:${folder}/in:latest`,
      `${image}:latest`,
    );
    expect(pushed).toMatchObject({ code: 0 });
    const pulled = await skopeo(
      'copy',
      '--src-tls-verify=false',
      '--src-creds',
      credentials(),
      `${image}@${digest}`,
      `dir:${folder}/out`,
    );
    expect(pulled).toMatchObject({ code: 0 });
    const manifest = await readFile(join(folder, 'out/manifest.json'));
    expect(`sha256:${createHash('sha256').update(manifest).digest('hex')}`).toBe(digest);
  }, 60_000);

  it('lists tags, inspects and removes', async () => {
    const common = ['--tls-verify=false', '--creds', credentials()];
    expect(JSON.parse((await skopeo('list-tags', ...common, image)).stdout)).toMatchObject({ Tags: ['latest'] });
    expect(JSON.parse((await skopeo('inspect', ...common, `${image}:latest`)).stdout)).toMatchObject({
      Architecture: 'amd64',
    });
    expect(await skopeo('delete', ...common, `${image}:latest`)).toMatchObject({ code: 0 });
    expect((await skopeo('inspect', ...common, `${image}:latest`)).code).not.toBe(0);
  }, 60_000);
});

/** An OCI image layout (image specification, image-layout.md) with one image; resolves with the digest of its manifest. */
async function writeLayout(folder: string, text: string): Promise<string> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  const put = async (mediaType: string, content: string) => {
    const hex = createHash('sha256').update(content).digest('hex');
    await writeFile(join(folder, 'blobs/sha256', hex), content);
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(content) };
  };
  const layer = await put('application/vnd.oci.image.layer.v1.tar', text);
  const config = await put(
    'application/vnd.oci.image.config.v1+json',
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  const manifest = await put(
    imageType,
    JSON.stringify({ schemaVersion: 2, mediaType: imageType, config, layers: [layer] }),
  );
  const annotations = { 'org.opencontainers.image.ref.name': 'latest' };
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(
    join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  );
  return manifest.digest;
}
