import { bytesOf, sha256 } from '../bytes.js';
import { seeBytes, seeText } from '../sightings.js';
import type { Protocol, Publication, Sightings, Write } from '../write.js';

const repository = 'raw-hosted';
const root = `/repository/${repository}`;

/** A file under a path of its own, and one that takes the place of what stood there before. */
export const raw: Protocol = {
  format: 'raw',

  plan(publication) {
    const { name, version } = publication;
    return [
      fileWrite(publication, 'file', `${name}/${version}.bin`),
      fileWrite(publication, 'replacement', `${name}/newest.bin`),
    ];
  },

  send(client, write) {
    return client.send({
      method: 'PUT',
      path: `${root}/${write.package}`,
      body: bodyOf(write.publication, write.kind),
    });
  },

  async probe(client, write): Promise<Sightings> {
    const path = `${root}/${write.package}`;
    const digest = write.files[0]!;
    const byDigest = seeBytes(await client.get(`${path}@sha256:${digest}`), digest);
    // What the path of a replacement shows is the business of its tag.
    if (write.kind === 'replacement') return { 'by digest': byDigest };
    const folder = write.package.slice(0, write.package.indexOf('/') + 1);
    const listing = await client.get(`${root}/${folder}?limit=1000`, { accept: 'application/json' });
    return {
      'by digest': byDigest,
      'by name': seeBytes(await client.get(path), digest),
      'in the listing': seeText(listing, `"${write.package.slice(folder.length)}"`),
    };
  },

  async readTag(client, _repository, name) {
    const answer = await client.get(`${root}/${name}`);
    return answer.status === 404 ? undefined : `sha256:${sha256(answer.body)}`;
  },
};

function fileWrite(publication: Publication, kind: string, path: string): Write {
  const digest = sha256(bodyOf(publication, kind));
  return {
    id: `raw ${kind} ${path} ${publication.version}`,
    format: 'raw',
    kind,
    steps: 2,
    repository,
    package: path,
    version: `sha256:${digest}`,
    files: [digest],
    tags: { current: `sha256:${digest}` },
    publication,
  };
}

/** The file has the bytes that other formats' files of the same seed have: they share one blob. */
function bodyOf({ seed, sizeBytes, name }: Publication, kind: string): Buffer {
  return kind === 'file' ? bytesOf(seed, sizeBytes) : bytesOf(`${name} ${seed}`, 2_000);
}
