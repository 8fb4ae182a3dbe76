import { tarGz } from '../archives.js';
import { bytesOf, hex, sha256 } from '../bytes.js';
import { seeBytes, seeEntry } from '../sightings.js';
import type { Protocol, Publication, Write } from '../write.js';

const repository = 'npm-hosted';
const root = `/repository/${repository}`;
const abbreviated = { accept: 'application/vnd.npm.install-v1+json' };

interface Packument {
  readonly versions?: Readonly<Record<string, { readonly dist: { readonly integrity: string } }>>;
}

/** One PUT with the tarball inside, as libnpmpublish sends it; it moves `latest`. */
export const npm: Protocol = {
  format: 'npm',

  plan(publication) {
    const { name, version } = publication;
    const tarball = tarballOf(publication);
    const write: Write = {
      id: `npm publish ${name}@${version}`,
      format: 'npm',
      kind: 'publish',
      steps: 1,
      repository,
      package: name,
      version,
      files: [sha256(tarball)],
      tags: { latest: version },
      facts: { integrity: integrityOf(tarball) },
      publication,
    };
    return [write];
  },

  send(client, { publication }) {
    const body = JSON.stringify(documentOf(publication, client.url));
    return client.send({
      method: 'PUT',
      path: `${root}/${publication.name}`,
      headers: { 'content-type': 'application/json' },
      body,
    });
  },

  async probe(client, { publication, files, facts }) {
    const { name, version } = publication;
    const integrity = facts?.['integrity'];
    const entry = (packument: Packument): unknown => packument.versions?.[version]?.dist.integrity;
    return {
      tarball: seeBytes(await client.get(`${root}/${name}/-/${name}-${version}.tgz`), files[0]!),
      'in the packument': seeEntry(await client.get(`${root}/${name}`), entry, integrity),
      'in the abbreviated packument': seeEntry(await client.get(`${root}/${name}`, abbreviated), entry, integrity),
      'as a version document': seeEntry<{ dist: { integrity: string } }>(
        await client.get(`${root}/${name}/${version}`),
        document => document.dist.integrity,
        integrity,
      ),
    };
  },

  async readTag(client, _repository, name, tag) {
    const answer = await client.get(`${root}/-/package/${name}/dist-tags`);
    if (answer.status === 404) return undefined;
    return (JSON.parse(answer.body.toString('utf8')) as Record<string, string>)[tag];
  },
};

function tarballOf({ name, version, seed, sizeBytes }: Publication): Buffer {
  return tarGz([
    { name: 'package/package.json', content: JSON.stringify({ name, version }) },
    { name: 'package/blob.bin', content: bytesOf(seed, sizeBytes) },
  ]);
}

function integrityOf(tarball: Buffer): string {
  return `sha512-${Buffer.from(hex('sha512', tarball), 'hex').toString('base64')}`;
}

function documentOf(publication: Publication, url: string): unknown {
  const { name, version } = publication;
  const tarball = tarballOf(publication);
  const file = `${name}-${version}.tgz`;
  const dist = {
    integrity: integrityOf(tarball),
    shasum: hex('sha1', tarball),
    tarball: `${url}${root}/${name}/-/${file}`,
  };
  const attachment = {
    content_type: 'application/octet-stream',
    data: tarball.toString('base64'),
    length: tarball.length,
  };
  return {
    _id: name,
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { _id: `${name}@${version}`, name, version, dist } },
    access: null,
    _attachments: { [file]: attachment },
  };
}
