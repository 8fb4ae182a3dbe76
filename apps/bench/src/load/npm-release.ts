import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Release } from './jobs.js';

/** A package as `npm pack` makes it, whose tarball has about `sizeBytes`. */
export async function makeTarball(release: Release, sizeBytes: number): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: 'package/package.json' }, JSON.stringify(manifestOf(release), undefined, 2));
  archive.entry({ name: 'package/index.js' }, randomBytes(sizeBytes));
  archive.finalize();
  return gzipSync(await buffer(archive), { level: 1 });
}

/** The document that `npm publish` sends (libnpmpublish 11). */
export function publishDocument(release: Release, tarball: Buffer): Buffer {
  const { name, version } = release;
  const file = `${name}-${version}.tgz`;
  const dist = {
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
    tarball: `http://127.0.0.1/${name}/-/${file}`,
  };
  const document = {
    _id: name,
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifestOf(release), _id: `${name}@${version}`, dist } },
    access: null,
    _attachments: {
      [file]: { content_type: 'application/octet-stream', data: tarball.toString('base64'), length: tarball.length },
    },
  };
  return Buffer.from(JSON.stringify(document));
}

function manifestOf({ name, version }: Release): Record<string, unknown> {
  return {
    name,
    version,
    description: 'A package for measuring.',
    main: 'index.js',
    license: 'MIT',
    keywords: ['bench', 'larder'],
    dependencies: { one: '^1.2.3', two: '~2.3.4', three: '3.x' },
    devDependencies: { four: '^4.0.0' },
    engines: { node: '>=20' },
  };
}
