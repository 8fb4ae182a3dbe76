import { bytesOf, sha256 } from '../bytes.js';
import type { HttpClient } from '../http-client.js';
import { inverse, seeBytes, seeText } from '../sightings.js';
import type { Protocol, Publication, Sightings, Write } from '../write.js';

const repository = 'raw-hosted';
const root = `/repository/${repository}`;

/** A file under a path of its own, one that takes the place of what stood there before, and one that is removed again. */
export const raw: Protocol = {
  format: 'raw',

  plan(publication) {
    const { name, version } = publication;
    const short = fileWrite(publication, 'short-lived', `${name}/${version}.tmp`);
    return [
      fileWrite(publication, 'file', `${name}/${version}.bin`),
      fileWrite(publication, 'replacement', `${name}/newest.bin`),
      short,
      removalOf(short),
    ];
  },

  async send(client, { kind, package: name, publication }) {
    const path = `${root}/${name}`;
    if (kind !== 'removal') return client.send({ method: 'PUT', path, body: bodyOf(publication, kind) });
    const answer = await client.send({ method: 'DELETE', path });
    // The removal whose answer was lost has happened: the client is content.
    return answer.status === 404 ? { ...answer, status: 204 } : answer;
  },

  async probe(client, write): Promise<Sightings> {
    if (write.kind !== 'removal') return look(client, write, write.files[0]!);
    const seen = Object.entries(await look(client, write, write.removes![0]!));
    return Object.fromEntries(seen.map(([name, sighting]) => [`no longer ${name}`, inverse(sighting)]));
  },

  async readTag(client, _repository, name) {
    const answer = await client.get(`${root}/${name}`);
    return answer.status === 404 ? undefined : `sha256:${sha256(answer.body)}`;
  },
};

async function look(client: HttpClient, write: Write, digest: string): Promise<Sightings> {
  const { package: name, kind } = write;
  const path = `${root}/${name}`;
  const byDigest = seeBytes(await client.get(`${path}@sha256:${digest}`), digest);
  // What the path of a replacement shows is the business of its tag.
  if (kind === 'replacement') return { 'by digest': byDigest };
  const folder = name.slice(0, name.indexOf('/') + 1);
  const justBefore = encodeURIComponent(name.slice(0, -1));
  const listing = await client.get(`${root}/${folder}?limit=1&after=${justBefore}`, { accept: 'application/json' });
  return {
    'by digest': byDigest,
    'by name': seeBytes(await client.get(path), digest),
    'in the listing': seeText(listing, `"${name.slice(folder.length)}"`),
  };
}

function fileWrite(publication: Publication, kind: string, path: string): Write {
  const digest = sha256(bodyOf(publication, kind));
  return {
    id: `raw ${kind} ${path} ${publication.version}`,
    format: 'raw',
    kind,
    steps: 4,
    repository,
    package: path,
    version: `sha256:${digest}`,
    files: [digest],
    tags: { current: `sha256:${digest}` },
    publication,
  };
}

function removalOf(file: Write): Write {
  const { version, files, ...rest } = file;
  return {
    ...rest,
    id: `removal of ${file.id}`,
    kind: 'removal',
    joins: version!,
    undoes: file.id,
    files: [],
    removes: files,
    tags: { current: null },
    event: 'version.remove',
  };
}

/** The file has the bytes that other formats' files of the same seed have: they share one blob. */
function bodyOf({ seed, sizeBytes, name }: Publication, kind: string): Buffer {
  return kind === 'file' ? bytesOf(seed, sizeBytes) : bytesOf(`${kind} of ${name} ${seed}`, 2_000);
}
