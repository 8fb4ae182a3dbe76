import { parseAnnotations, parseDescriptor, isForeignLayer, type Descriptor } from './descriptor.js';
import { manifestInvalid } from './oci-error.js';
import { parseStrictJson } from './strict-json.js';

/** 4 MiB: the specification asks for at least 4 MB, and containerd reads at most 4,393,216 bytes. */
export const maxManifestBytes = 4 * 1024 * 1024;
const maxDescriptors = 1024;

export const ociImage = 'application/vnd.oci.image.manifest.v1+json';
export const ociIndex = 'application/vnd.oci.image.index.v1+json';
export const dockerImage = 'application/vnd.docker.distribution.manifest.v2+json';
export const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';

export type ManifestKind = 'image' | 'index';
const kinds: Readonly<Record<string, ManifestKind>> = {
  [ociImage]: 'image',
  [ociIndex]: 'index',
  [dockerImage]: 'image',
  [dockerList]: 'index',
};
const emptyConfig = 'application/vnd.oci.empty.v1+json';

export interface Manifest {
  readonly kind: ManifestKind;
  readonly mediaType: string;
  /** What sort of thing it is: its `artifactType`, else the media type of an image's config. */
  readonly artifactType: string | undefined;
  readonly config: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  /** Manifests of an index; old build caches also put layer blobs here. */
  readonly children: readonly Descriptor[];
  readonly subject: Descriptor | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** Sentences for the `Warning` header: accepted, but not as the specification wants it. */
  readonly warnings: readonly string[];
}

/** Something that a manifest names. */
export interface Need {
  readonly relation: 'config' | 'layer' | 'child' | 'subject';
  readonly digest: string;
  readonly sizeBytes: number;
  /** The image need not have it: subjects may come later, foreign layers never. */
  readonly optional: boolean;
}

/**
 * Parses and checks a manifest as pushed; the bytes are never changed. `contentType` is the request's header.
 * @throws invalid-package, in the order of the checks: JSON, version, media type, ambiguity, shape, descriptors
 */
export function parseManifest(bytes: Buffer, contentType: string | undefined): Manifest {
  const document = parseStrictJson(bytes);
  checkSchemaVersion(document, contentType);
  const mediaType = mediaTypeOf(document, contentType);
  const kind = kinds[mediaType]!;
  checkUnambiguous(document, kind);
  const config = kind === 'image' ? parseDescriptor(document['config'], 'config') : undefined;
  const artifactType = optionalText(document, 'artifactType');
  const hasSubject = document['subject'] !== undefined && document['subject'] !== null;
  return {
    kind,
    mediaType,
    artifactType: artifactType ?? config?.mediaType,
    config,
    layers: kind === 'image' ? descriptors(document, 'layers') : [],
    children: kind === 'index' ? descriptors(document, 'manifests') : [],
    subject: hasSubject ? parseDescriptor(document['subject'], 'subject') : undefined,
    annotations: parseAnnotations(document['annotations'], 'The manifest'),
    warnings:
      config?.mediaType === emptyConfig && artifactType === undefined
        ? ['This manifest has an empty config and no artifactType; the image specification asks for an artifactType.']
        : [],
  };
}

/** Everything that the manifest names, in its order; the same thing may stand there more than once. */
export function needsOf(manifest: Manifest): Need[] {
  const need = (relation: Need['relation'], descriptor: Descriptor): Need => ({
    relation,
    digest: descriptor.digest.text,
    sizeBytes: descriptor.sizeBytes,
    optional: relation === 'subject' || (relation === 'layer' && isForeignLayer(descriptor.mediaType)),
  });
  return [
    ...(manifest.config ? [need('config', manifest.config)] : []),
    ...manifest.layers.map(layer => need('layer', layer)),
    ...manifest.children.map(child => need('child', child)),
    ...(manifest.subject ? [need('subject', manifest.subject)] : []),
  ];
}

/** What is kept in the version's row, so that lists and referrers need not open the bytes. */
export interface ManifestMetadata {
  readonly mediaType: string;
  readonly kind: ManifestKind;
  readonly sizeBytes: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subject?: string;
  /** Of an image: config and layers together. */
  readonly contentBytes?: number;
  /** Of an index: `linux/amd64`, `linux/arm/v7`. */
  readonly platforms?: readonly string[];
}

export function metadataOf(manifest: Manifest, sizeBytes: number): ManifestMetadata {
  const platforms = manifest.children.flatMap(({ platform }) =>
    platform ? [[platform.os, platform.architecture, platform.variant].filter(Boolean).join('/')] : [],
  );
  const content = [manifest.config, ...manifest.layers];
  return {
    mediaType: manifest.mediaType,
    kind: manifest.kind,
    sizeBytes,
    ...(manifest.artifactType !== undefined && { artifactType: manifest.artifactType }),
    ...(manifest.annotations && { annotations: manifest.annotations }),
    ...(manifest.subject && { subject: manifest.subject.digest.text }),
    ...(manifest.kind === 'image' && { contentBytes: content.reduce((sum, part) => sum + (part?.sizeBytes ?? 0), 0) }),
    ...(platforms.length > 0 && { platforms: [...new Set(platforms)] }),
  };
}

function checkSchemaVersion(document: Readonly<Record<string, unknown>>, contentType: string | undefined): void {
  const types = `${contentType ?? ''} ${typeof document['mediaType'] === 'string' ? document['mediaType'] : ''}`;
  if (document['schemaVersion'] === 1 || types.includes('application/vnd.docker.distribution.manifest.v1+')) {
    throw manifestInvalid('Docker schema 1 is not supported, re-push with a current client.');
  }
  if (document['schemaVersion'] !== 2) throw manifestInvalid('The manifest must have "schemaVersion": 2.');
}

/** Content-Type and `mediaType` must agree; either may be missing, but docker's types must name themselves. */
function mediaTypeOf(document: Readonly<Record<string, unknown>>, contentType: string | undefined): string {
  const own = optionalText(document, 'mediaType');
  const sent = contentType?.split(';', 1)[0]!.trim().toLowerCase() ?? '';
  const generic = sent === '' || sent === 'application/json' || sent === 'application/octet-stream';
  const mediaType = generic ? own : sent;
  if (mediaType === undefined)
    throw manifestInvalid('Neither Content-Type nor "mediaType" says what sort of manifest this is.');
  if (!Object.hasOwn(kinds, mediaType)) {
    throw manifestInvalid(
      `"${mediaType.slice(0, 100)}" is not a manifest type; push an OCI or docker image manifest or index.`,
    );
  }
  if (own !== undefined && own !== mediaType) {
    throw manifestInvalid(`The manifest says it is ${own.slice(0, 100)}, but the Content-Type is ${mediaType}.`);
  }
  if (own === undefined && mediaType.startsWith('application/vnd.docker.'))
    throw manifestInvalid('A docker manifest must have a "mediaType".');
  return mediaType;
}

/** A document that is both an image and an index is read differently by different clients (CVE-2021-41190). */
function checkUnambiguous(document: Readonly<Record<string, unknown>>, kind: ManifestKind): void {
  const foreign = kind === 'image' ? ['manifests', 'fsLayers', 'history'] : ['config', 'layers', 'fsLayers', 'history'];
  const found = foreign.find(key => document[key] !== undefined);
  if (found !== undefined) throw manifestInvalid(`An ${kind} must not have "${found}".`);
}

function descriptors(document: Readonly<Record<string, unknown>>, key: 'layers' | 'manifests'): Descriptor[] {
  const list = document[key];
  if (!Array.isArray(list)) throw manifestInvalid(`"${key}" must be a list.`);
  if (list.length > maxDescriptors) throw manifestInvalid(`"${key}" has more than ${maxDescriptors} entries.`);
  return list.map((value, index) => parseDescriptor(value, `${key}[${index}]`));
}

function optionalText(document: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = document[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw manifestInvalid(`"${key}" must be text.`);
  return value;
}
