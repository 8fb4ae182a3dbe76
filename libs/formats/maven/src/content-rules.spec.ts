import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { digestOfHex } from '#kernel';
import type { StagedBlob } from '#registry';
import { inspect, limitBytesOf } from './content-rules.js';
import type { Artifact } from './coordinates.js';
import { classify } from './layout.js';

function artifact(file: string): Artifact {
  const { resource } = classify(['com', 'acme', 'lib', '1.0', `lib-1.0${file}`]);
  if (resource.kind !== 'artifact') throw new Error(file);
  return resource.artifact;
}

function staged(text: string): StagedBlob {
  const bytes = Buffer.from(text);
  const hex = createHash('sha256').update(bytes).digest('hex');
  return {
    digest: digestOfHex(hex),
    sizeBytes: bytes.length,
    checksums: { sha256: hex },
    open: () => Readable.from([bytes]),
    read: ({ start, end }) => Promise.resolve(bytes.subarray(start, end + 1)),
  };
}

const pom = '<project><groupId>com.acme</groupId><artifactId>lib</artifactId><version>1.0</version></project>';
const signature = '-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n';

describe('inspect', () => {
  it('gives the POM of the version', async () => {
    expect(await inspect(staged(pom), artifact('.pom'))).toMatchObject({ artifactId: 'lib', packaging: 'jar' });
  });

  it.each([
    ['a jar', 'PK\u0003\u0004', '.jar'],
    ['an empty marker jar', '', '.jar'],
    ['any other kind', 'anything', '.txt'],
    ['a signature', signature, '.jar.asc'],
    ['a bundle', '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}', '.jar.sigstore.json'],
    ["Maven 4's build POM, whatever it says", '<project/>', '-build.pom'],
  ])('takes %s', async (_, bytes, file) => expect(await inspect(staged(bytes), artifact(file))).toBeUndefined());

  it.each([
    ['a jar that is no archive', '<html>', '.jar', 'invalid-package'],
    ['an empty POM', '', '.pom', 'invalid-package'],
    ['an empty signature', '', '.jar.asc', 'invalid-package'],
    ['a signature without armour', 'binary', '.jar.asc', 'invalid-package'],
    ['a bundle that is none', '{"mediaType":7}', '.jar.sigstore.json', 'invalid-package'],
    ['a bundle that is no JSON', '{', '.jar.sigstore.json', 'invalid-package'],
    ['a POM with a document type', `<!DOCTYPE project>${pom}`, '.pom', 'invalid-package'],
    ['a POM of other coordinates', pom.replace('lib', 'other'), '.pom', 'conflict'],
  ])('refuses %s', async (_, bytes, file, code) => {
    await expect(inspect(staged(bytes), artifact(file))).rejects.toMatchObject({ code });
  });
});

describe('limitBytesOf', () => {
  it('is small for what is read into memory', () => {
    expect(limitBytesOf(artifact('.pom'))).toBe(4 * 1024 ** 2);
    expect(limitBytesOf(artifact('.jar.asc'))).toBe(64 * 1024);
    expect(limitBytesOf(artifact('.jar'))).toBe(10 * 1024 ** 3);
  });
});
