import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { dockerImage, dockerList, metadataOf, needsOf, ociImage, ociIndex, parseManifest } from './manifest.js';

const hex = 'ab'.repeat(32);
const digest = `sha256:${hex}`;
const sha512 = `sha512:${'cd'.repeat(64)}`;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 10 };
const layer = {
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  digest: `sha256:${'01'.repeat(32)}`,
  size: 20,
};
const image = { schemaVersion: 2, mediaType: ociImage, config, layers: [layer] };
const index = {
  schemaVersion: 2,
  mediaType: ociIndex,
  manifests: [{ mediaType: ociImage, digest, size: 5, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }],
};
const hello = Buffer.from('hello');
const helloDigest = `sha256:${createHash('sha256').update(hello).digest('hex')}`;

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const invalid = expect.objectContaining({ code: 'invalid-package' });

describe('manifests that are taken', () => {
  it.each([
    ['an OCI image', image, ociImage, 'image'],
    ['an OCI index', index, ociIndex, 'index'],
    ['a docker image', { ...image, mediaType: dockerImage }, dockerImage, 'image'],
    ['a docker list', { ...index, mediaType: dockerList }, dockerList, 'index'],
    ['an image without mediaType', { ...image, mediaType: undefined }, ociImage, 'image'],
    ['an image without layers', { ...image, layers: [] }, ociImage, 'image'],
    ['an index without manifests', { ...index, manifests: [] }, ociIndex, 'index'],
    ['parameters of the Content-Type', image, `${ociImage}; charset=utf-8`, 'image'],
    ['another case of the Content-Type', image, ociImage.toUpperCase(), 'image'],
    ['no Content-Type', image, undefined, 'image'],
    ['a general Content-Type', index, 'application/json', 'index'],
    [
      'unknown types and fields',
      {
        ...image,
        config: { ...config, mediaType: 'x/y', extra: 1 },
        layers: [{ ...layer, mediaType: 'a.b/c+d' }],
        Custom: { a: 1, A: 2 },
      },
      ociImage,
      'image',
    ],
    ['null where nothing is', { ...image, subject: null, annotations: null }, ociImage, 'image'],
    ['sha512 descriptors', { ...image, config: { ...config, digest: sha512 } }, ociImage, 'image'],
    [
      'data that is the content',
      { ...image, config: { ...config, digest: helloDigest, size: 5, data: hello.toString('base64') } },
      ociImage,
      'image',
    ],
    [
      'addresses of a foreign layer',
      { ...image, layers: [{ ...layer, urls: ['https://example.com/x'] }] },
      ociImage,
      'image',
    ],
    ['annotations that differ in case only', { ...image, annotations: { a: '1', A: '2' } }, ociImage, 'image'],
  ] as const)('%s', (_what, document, contentType, kind) => {
    expect(parseManifest(bytes(document), contentType)).toMatchObject({ kind });
  });

  it('keep the media type without parameters', () => {
    expect(parseManifest(bytes(image), `${ociImage}; charset=utf-8`).mediaType).toBe(ociImage);
  });

  it('warn of an empty config without an artifact type', () => {
    const empty = { ...image, config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json' } };
    expect(parseManifest(bytes(empty), ociImage).warnings).toHaveLength(1);
    expect(parseManifest(bytes({ ...empty, artifactType: 'a/b' }), ociImage).warnings).toEqual([]);
  });

  it('say what sort of artifact they are', () => {
    expect(parseManifest(bytes(image), ociImage).artifactType).toBe(config.mediaType);
    expect(parseManifest(bytes({ ...image, artifactType: 'a/b' }), ociImage).artifactType).toBe('a/b');
    expect(parseManifest(bytes(index), ociIndex).artifactType).toBeUndefined();
  });
});

describe('manifests that are refused as invalid-package', () => {
  const deep = `{"schemaVersion":2,"x":${'['.repeat(40)}${']'.repeat(40)}}`;
  const json = JSON.stringify(image);

  it.each([
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['text', '"x"'],
    ['cut JSON', json.slice(0, -5)],
    ['a byte order mark', `\ufeff${json}`],
    ['40 levels', deep],
    ['a key twice', json.replace('"layers"', '"config":null,"layers"')],
    ['a key in two spellings', json.replace('"layers"', '"Layers":[],"layers"')],
    ['a key in another spelling', json.replace('"layers"', '"Layers"')],
    ['a key in another spelling behind an escape', json.replace('"layers"', '"\\u004cayers":[],"layers"')],
    ['a key with a Kelvin or long s sign', json.replace('"layers"', '"layerſ":[],"layers"')],
    ['a descriptor key twice', json.replace(`"size":20`, `"size":20,"size":21`)],
    ['a config key in another spelling', json.replace(`"size":10`, `"Size":11,"size":10`)],
  ])('%s', (_what, text) => {
    expect(() => parseManifest(bytes(text), ociImage)).toThrow(invalid);
  });

  it('invalid UTF-8', () => {
    expect(() => parseManifest(Buffer.concat([bytes('{"a":"'), Buffer.from([0xff]), bytes('"}')]), ociImage)).toThrow(
      invalid,
    );
  });

  it.each([
    ['schema version 1', { ...image, schemaVersion: 1 }, undefined],
    [
      'a schema 1 type',
      { ...image, mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws' },
      undefined,
    ],
    ['the version as text', { ...image, schemaVersion: '2' }, ociImage],
    ['no version', { ...image, schemaVersion: undefined }, ociImage],
    ['another type than the header says', image, dockerImage],
    ['an unknown type', { ...image, mediaType: 'a/b' }, 'a/b'],
    [
      'the withdrawn artifact manifest',
      { ...image, mediaType: undefined },
      'application/vnd.oci.artifact.manifest.v1+json',
    ],
    ['no type at all', { ...image, mediaType: undefined }, 'application/json'],
    ['a docker manifest without its type', { ...image, mediaType: undefined }, dockerImage],
    ['an image with manifests', { ...image, manifests: [] }, ociImage],
    ['an index with layers', { ...index, layers: [] }, ociIndex],
    ['an index with a config', { ...index, config }, ociIndex],
    ['an image with fsLayers', { ...image, fsLayers: [] }, ociImage],
    ['an image without config', { ...image, config: undefined }, ociImage],
    ['an image whose layers are no list', { ...image, layers: {} }, ociImage],
    ['an index whose manifests are missing', { ...index, manifests: undefined }, ociIndex],
    ['more than 1,024 layers', { ...image, layers: Array.from({ length: 1025 }, () => layer) }, ociImage],
    ['an artifactType that is no text', { ...image, artifactType: 1 }, ociImage],
    ['annotations that are no text', { ...image, annotations: { a: 1 } }, ociImage],
    ['a subject that is no descriptor', { ...image, subject: 'x' }, ociImage],
    ['a subject without a digest', { ...image, subject: { mediaType: ociImage, size: 1 } }, ociImage],
  ])('%s', (_what, document, contentType) => {
    expect(() => parseManifest(bytes(document), contentType)).toThrow(invalid);
  });

  it.each([
    ['no mediaType', { mediaType: undefined }],
    ['an empty mediaType', { mediaType: '' }],
    ['a mediaType of one word', { mediaType: 'x' }],
    ['no digest', { digest: undefined }],
    ['a digest of another algorithm', { digest: `md5:${'0'.repeat(32)}` }],
    ['upper-case hex', { digest: digest.toUpperCase() }],
    ['no size', { size: undefined }],
    ['a negative size', { size: -1 }],
    ['a fractional size', { size: 1.5 }],
    ['a size of 2^60', { size: 2 ** 60 }],
    ['a size as text', { size: '1' }],
    ['an address of another scheme', { urls: ['javascript:alert(1)'] }],
    ['a local address', { urls: ['file:///etc/passwd'] }],
    ['addresses that are no list', { urls: 'https://example.com' }],
    ['annotations that are no map', { annotations: [] }],
    ['data that is no base64', { data: '***' }],
    ['data of another content', { digest: helloDigest, size: 5, data: Buffer.from('hallo').toString('base64') }],
    ['data of another size', { digest: helloDigest, size: 6, data: hello.toString('base64') }],
  ])('a layer with %s', (_what, change) => {
    expect(() => parseManifest(bytes({ ...image, layers: [{ ...layer, ...change }] }), ociImage)).toThrow(invalid);
  });

  it('schema 1, with the way out', () => {
    expect(() => parseManifest(bytes({ schemaVersion: 1, name: 'x' }), undefined)).toThrow(
      /re-push with a current client/,
    );
  });
});

describe('what a manifest needs', () => {
  it('is the config and the layers of an image; a subject is optional', () => {
    const subject = { mediaType: ociImage, digest: sha512, size: 3 };
    expect(needsOf(parseManifest(bytes({ ...image, subject }), ociImage))).toEqual([
      { relation: 'config', digest, sizeBytes: 10, optional: false },
      { relation: 'layer', digest: layer.digest, sizeBytes: 20, optional: false },
      { relation: 'subject', digest: sha512, sizeBytes: 3, optional: true },
    ]);
  });

  it('is the manifests of an index', () => {
    expect(needsOf(parseManifest(bytes(index), ociIndex))).toEqual([
      { relation: 'child', digest, sizeBytes: 5, optional: false },
    ]);
  });

  it.each([
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  ])('does not include layers of the type %s', mediaType => {
    expect(needsOf(parseManifest(bytes({ ...image, layers: [{ ...layer, mediaType }] }), ociImage))[1]).toMatchObject({
      optional: true,
    });
  });

  it('is described for lists without opening the bytes', () => {
    expect(metadataOf(parseManifest(bytes({ ...image, annotations: { a: 'b' } }), ociImage), 99)).toEqual({
      mediaType: ociImage,
      kind: 'image',
      sizeBytes: 99,
      artifactType: config.mediaType,
      annotations: { a: 'b' },
      contentBytes: 30,
    });
    expect(metadataOf(parseManifest(bytes(index), ociIndex), 1)).toEqual({
      mediaType: ociIndex,
      kind: 'index',
      sizeBytes: 1,
      platforms: ['linux/arm/v7'],
    });
  });
});
