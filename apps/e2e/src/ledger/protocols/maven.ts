import { bytesOf, hex, sha256 } from '../bytes.js';
import { seeBytes, seeText } from '../sightings.js';
import type { Protocol, Publication, Sightings, Write } from '../write.js';

const repository = 'maven-releases';
const root = `/repository/${repository}`;
const group = 'org.example';

/** A jar, its POM and the metadata, one after the other, as `mvn deploy` sends them. The metadata closes the version. */
export const maven: Protocol = {
  format: 'maven',

  plan(publication) {
    const { name, version } = publication;
    const common = {
      format: 'maven',
      steps: 3,
      repository,
      package: `${group}:${name}`,
      tags: {},
      publication,
    } as const;
    const id = (what: string) => `maven ${what} ${name}-${version}`;
    const writes: Write[] = [
      { ...common, id: id('jar'), kind: 'jar', version, ...fileOf(jarOf(publication)) },
      { ...common, id: id('pom'), kind: 'pom', joins: version, ...fileOf(pomOf(publication)) },
      { ...common, id: id('metadata'), kind: 'metadata', joins: version, files: [], event: 'version.seal' },
    ];
    return writes;
  },

  send(client, { kind, publication }) {
    const bodies: Record<string, (publication: Publication) => Buffer> = {
      jar: jarOf,
      pom: pomOf,
      metadata: metadataOf,
    };
    return client.send({ method: 'PUT', path: pathOf(publication, kind), body: bodies[kind]!(publication) });
  },

  async probe(client, { kind, publication, files, facts }): Promise<Sightings> {
    const path = pathOf(publication, kind);
    if (kind === 'metadata') {
      return { 'in the metadata': seeText(await client.get(path), `<version>${publication.version}</version>`) };
    }
    return {
      file: seeBytes(await client.get(path), files[0]!),
      'checksum beside it': seeText(await client.get(`${path}.sha1`), facts!['sha1']!),
    };
  },
};

function fileOf(bytes: Buffer): Pick<Write, 'files' | 'facts'> {
  return { files: [sha256(bytes)], facts: { sha1: hex('sha1', bytes) } };
}

function pathOf({ name, version }: Publication, kind: string): string {
  const folder = `${root}/${group.replaceAll('.', '/')}/${name}`;
  return kind === 'metadata' ? `${folder}/maven-metadata.xml` : `${folder}/${version}/${name}-${version}.${kind}`;
}

function jarOf({ seed, sizeBytes }: Publication): Buffer {
  return bytesOf(seed, sizeBytes);
}

function pomOf({ name, version }: Publication): Buffer {
  return Buffer.from(
    `<project><modelVersion>4.0.0</modelVersion><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></project>\n`,
  );
}

/** Only the own version: two clients that deploy at once do not close each other's. */
function metadataOf({ name, version }: Publication): Buffer {
  return Buffer.from(
    `<metadata><groupId>${group}</groupId><artifactId>${name}</artifactId><versioning><versions><version>${version}</version></versions></versioning></metadata>\n`,
  );
}
