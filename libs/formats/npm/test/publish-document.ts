import { createHash } from 'node:crypto';
import { packageTarball } from './tarballs.js';

export interface PublishOptions {
  readonly name: string;
  readonly version: string;
  readonly tags?: readonly string[];
  readonly packageJson?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Instead of the packed one. */
  readonly tarball?: Buffer;
}

export interface PublishDocument {
  [key: string]: unknown;
  versions: Record<string, Record<string, unknown>>;
  _attachments: Record<string, unknown>;
}

/** The document that `npm publish` sends (npm 11, libnpmpublish). */
export function publishDocument(options: PublishOptions): PublishDocument {
  const { name, version } = options;
  const manifest = { name, version, ...options.packageJson };
  const tarball = options.tarball ?? packageTarball(manifest, options.files);
  const dist = {
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
    tarball: `http://elsewhere.invalid/${name}/-/${name}-${version}.tgz`,
  };
  return {
    _id: name,
    name,
    'dist-tags': Object.fromEntries((options.tags ?? ['latest']).map(tag => [tag, version])),
    versions: {
      [version]: { ...manifest, _id: `${name}@${version}`, _nodeVersion: '26.10.0', _npmVersion: '11.19.1', dist },
    },
    access: null,
    _attachments: {
      [`${name}-${version}.tgz`]: {
        content_type: 'application/octet-stream',
        data: tarball.toString('base64'),
        length: tarball.length,
      },
    },
  };
}
