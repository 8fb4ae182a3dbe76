import { bytesOf, sha256 } from '../bytes.js';
import type { Answer, HttpClient } from '../http-client.js';
import { seeBytes, seeEntry } from '../sightings.js';
import type { Protocol, Publication, Sightings, Write } from '../write.js';

const repository = 'docker-hosted';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const accept = { accept: manifestType };

/** A layer in two chunks, the config in one request, the manifest under a tag of its own, and then `latest`. */
export const oci: Protocol = {
  format: 'oci',

  plan(publication) {
    const { name, version } = publication;
    const image = `team/${name}`;
    const manifest = sha256(manifestOf(publication));
    const common = { format: 'oci', steps: 4, repository, package: image, publication } as const;
    const id = (what: string) => `oci ${what} ${image}:${tagOf(publication)}`;
    const digest = `sha256:${manifest}`;
    const writes: Write[] = [
      { ...common, id: id('layer'), kind: 'layer', files: [sha256(layerOf(publication))], tags: {} },
      { ...common, id: id('config'), kind: 'config', files: [sha256(configOf(publication))], tags: {} },
      {
        ...common,
        id: id('manifest'),
        kind: 'manifest',
        version: digest,
        files: [manifest],
        tags: { [tagOf(publication)]: digest },
      },
      {
        ...common,
        id: `${id('latest')} ${version}`,
        kind: 'latest',
        joins: digest,
        files: [],
        tags: { latest: digest },
      },
    ];
    return writes;
  },

  send(client, { kind, publication }) {
    const root = imageRoot(publication);
    if (kind === 'layer') return pushInChunks(client, root, layerOf(publication));
    if (kind === 'config') {
      const config = configOf(publication);
      const path = `${root}/blobs/uploads/?digest=sha256:${sha256(config)}`;
      return client.send({ method: 'POST', path, headers: octets, body: config });
    }
    const tag = kind === 'latest' ? 'latest' : tagOf(publication);
    const headers = { 'content-type': manifestType };
    return client.send({ method: 'PUT', path: `${root}/manifests/${tag}`, headers, body: manifestOf(publication) });
  },

  async probe(client, { kind, publication, files }): Promise<Sightings> {
    const root = imageRoot(publication);
    const digest = files[0]!;
    // `latest` is shared by all versions of the image: where it points is asked of the tag.
    if (kind === 'latest') return {};
    if (kind !== 'manifest')
      return { 'by digest': seeBytes(await client.get(`${root}/blobs/sha256:${digest}`), digest) };
    const tag = tagOf(publication);
    const tags = await client.get(`${root}/tags/list`);
    return {
      'by digest': seeBytes(await client.get(`${root}/manifests/sha256:${digest}`, accept), digest),
      'by tag': seeBytes(await client.get(`${root}/manifests/${tag}`, accept), digest),
      'in the list of tags': seeEntry<{ tags: string[] }>(tags, list => list.tags.find(name => name === tag), tag),
    };
  },

  async readTag(client, _repository, name, tag) {
    const answer = await client.get(`/v2/${repository}/${name}/manifests/${tag}`, accept);
    return answer.status === 404 ? undefined : `sha256:${sha256(answer.body)}`;
  },
};

const octets = { 'content-type': 'application/octet-stream' };

/** Distribution specification, "Pushing a blob in chunks". */
async function pushInChunks(client: HttpClient, root: string, bytes: Buffer): Promise<Answer> {
  let answer = await client.send({ method: 'POST', path: `${root}/blobs/uploads/`, body: '' });
  if (answer.status !== 202) return answer;
  const half = Math.ceil(bytes.length / 2);
  for (const [start, end] of [
    [0, half],
    [half, bytes.length],
  ] as const) {
    answer = await client.send({
      method: 'PATCH',
      path: answer.headers.location!,
      headers: { ...octets, 'content-range': `${start}-${end - 1}` },
      body: bytes.subarray(start, end),
    });
    if (answer.status !== 202) return answer;
  }
  return client.send({ method: 'PUT', path: `${answer.headers.location!}?digest=sha256:${sha256(bytes)}`, body: '' });
}

export function imageRoot({ name }: Pick<Publication, 'name'>): string {
  return `/v2/${repository}/team/${name}`;
}

/** Not like a version: such tags may be moved. */
function tagOf({ version }: Publication): string {
  return `build-${version}`;
}

/** The bytes of the raw file and the jar of the same seed. */
function layerOf({ seed, sizeBytes }: Publication): Buffer {
  return bytesOf(seed, sizeBytes);
}

function configOf({ seed, version }: Publication): Buffer {
  return Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', seed, version }));
}

function manifestOf(publication: Publication): Buffer {
  const describe = (mediaType: string, bytes: Buffer) => ({
    mediaType,
    digest: `sha256:${sha256(bytes)}`,
    size: bytes.length,
  });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: describe('application/vnd.oci.image.config.v1+json', configOf(publication)),
      layers: [describe('application/vnd.oci.image.layer.v1.tar', layerOf(publication))],
    }),
  );
}
