import { zip } from '../archives.js';
import { bytesOf, hex, sha256 } from '../bytes.js';
import { seeBytes, seeEntry, seeText } from '../sightings.js';
import type { Protocol, Publication, Sighting, Write } from '../write.js';

const repository = 'pypi-hosted';
const root = `/repository/${repository}`;
const json = { accept: 'application/vnd.pypi.simple.v1+json' };
const html = { accept: 'text/html' };
const boundary = 'the-boundary-of-the-form';

interface ProjectPage {
  readonly files: readonly {
    readonly filename: string;
    readonly url: string;
    readonly hashes: { readonly sha256: string };
  }[];
}

/** One form with a wheel, as twine sends it. */
export const pypi: Protocol = {
  format: 'pypi',

  plan(publication) {
    const write: Write = {
      id: `pypi upload ${fileNameOf(publication)}`,
      format: 'pypi',
      kind: 'upload',
      steps: 1,
      repository,
      package: publication.name,
      version: publication.version,
      files: [sha256(wheelOf(publication)), sha256(metadataOf(publication))],
      tags: {},
      publication,
    };
    return [write];
  },

  send(client, { publication }) {
    return client.send({
      method: 'POST',
      path: `${root}/legacy/`,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: formOf(publication),
    });
  },

  async probe(client, { publication, files }) {
    const page = await client.get(`${root}/simple/${publication.name}/`, json);
    const fileName = fileNameOf(publication);
    const [wheel, metadata] = files as [string, string];
    const entry = (document: ProjectPage) => document.files.find(file => file.filename === fileName);
    const htmlPage = await client.get(`${root}/simple/${publication.name}/`, html);
    const found = page.status === 200 ? entry(JSON.parse(page.body.toString('utf8')) as ProjectPage) : undefined;
    const nothing: Sighting = 'absent';
    const path = found && new URL(found.url, `${client.url}${root}/simple/${publication.name}/`).pathname;
    return {
      'on the JSON page': seeEntry<ProjectPage>(page, document => entry(document)?.hashes.sha256, wheel),
      'on the HTML page': seeText(htmlPage, `#sha256=${wheel}`),
      wheel: path === undefined ? nothing : seeBytes(await client.get(path), wheel),
      'metadata beside it': path === undefined ? nothing : seeBytes(await client.get(`${path}.metadata`), metadata),
    };
  },
};

function moduleOf({ name }: Publication): string {
  return name.replaceAll('-', '_');
}

function fileNameOf(publication: Publication): string {
  return `${moduleOf(publication)}-${publication.version}-py3-none-any.whl`;
}

function metadataOf({ name, version }: Publication): string {
  return `Metadata-Version: 2.4\nName: ${name}\nVersion: ${version}\n`;
}

function wheelOf(publication: Publication): Buffer {
  const folder = `${moduleOf(publication)}-${publication.version}.dist-info`;
  return zip([
    { name: `${moduleOf(publication)}/blob.bin`, content: bytesOf(publication.seed, publication.sizeBytes) },
    { name: `${folder}/METADATA`, content: metadataOf(publication) },
    {
      name: `${folder}/WHEEL`,
      content: 'Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    },
    { name: `${folder}/RECORD`, content: `${folder}/METADATA,,\n${folder}/WHEEL,,\n${folder}/RECORD,,\n` },
  ]);
}

function formOf(publication: Publication): Buffer {
  const wheel = wheelOf(publication);
  const fields = {
    ':action': 'file_upload',
    protocol_version: '1',
    metadata_version: '2.4',
    name: publication.name,
    version: publication.version,
    filetype: 'bdist_wheel',
    pyversion: 'py3',
    md5_digest: hex('md5', wheel),
    sha256_digest: sha256(wheel),
  };
  const part = (disposition: string, content: Buffer | string): Buffer =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]);
  const file = `name="content"; filename="${fileNameOf(publication)}"\r\nContent-Type: application/octet-stream`;
  return Buffer.concat([
    ...Object.entries(fields).map(([name, value]) => part(`name="${name}"`, value)),
    part(file, wheel),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}
