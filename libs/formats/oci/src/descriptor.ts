import { createHash } from 'node:crypto';
import { manifestInvalid } from './oci-error.js';
import { isObject } from './strict-json.js';
import { digestOf, type ContentDigest } from './names.js';

/** Image specification, descriptor.md. Fields that nothing here reads stay in the manifest's bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: ContentDigest;
  readonly sizeBytes: number;
  readonly platform: Platform | undefined;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

const mediaTypePattern = /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}(?:\s*;.*)?$/;

/**
 * `where` names the place in messages: `layers[3]`. Unknown media types are never a reason to refuse (image specification).
 * @throws invalid-package
 */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw manifestInvalid(`${where} must be a descriptor.`);
  const { mediaType, digest: digestText, size, urls, annotations, data, platform } = value;
  if (typeof mediaType !== 'string' || !mediaTypePattern.test(mediaType)) {
    throw manifestInvalid(`${where}.mediaType must have the form type/subtype.`);
  }
  const digest = typeof digestText === 'string' ? digestOf(digestText) : undefined;
  if (!digest) throw manifestInvalid(`${where}.digest must be a lower-case sha256 or sha512 digest.`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw manifestInvalid(`${where}.size must be a whole number of bytes.`);
  }
  checkUrls(urls, where);
  parseAnnotations(annotations, where);
  checkData(data, { digest, size, where });
  return { mediaType, digest, sizeBytes: size, platform: platformOf(platform) };
}

/** @throws invalid-package unless absent or a map from text to text */
export function parseAnnotations(value: unknown, where: string): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value) || !Object.values(value).every(text => typeof text === 'string')) {
    throw manifestInvalid(`${where}.annotations must be a map from text to text.`);
  }
  return value as Readonly<Record<string, string>>;
}

/**
 * Layers that a registry need not have, because clients fetch them from elsewhere: non-distributable ones of the image specification and the foreign ones
 * of docker (Windows base images).
 */
export function isForeignLayer(mediaType: string): boolean {
  return mediaType.includes('nondistributable') || mediaType.includes('.rootfs.foreign.');
}

/** The addresses are kept and never fetched; only what a browser or client could follow safely is let in. */
function checkUrls(urls: unknown, where: string): void {
  if (urls === undefined || urls === null) return;
  const fine =
    Array.isArray(urls) &&
    urls.every(url => typeof url === 'string' && /^https?:\/\/[^/]/i.test(url) && URL.canParse(url));
  if (!fine) throw manifestInvalid(`${where}.urls must be a list of http or https addresses.`);
}

function checkData(data: unknown, descriptor: { digest: ContentDigest; size: number; where: string }): void {
  if (data === undefined || data === null) return;
  const { digest, size, where } = descriptor;
  const isBase64 = typeof data === 'string' && data.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(data);
  const bytes = isBase64 ? Buffer.from(data, 'base64') : undefined;
  if (bytes?.length !== size || createHash(digest.algorithm).update(bytes).digest('hex') !== digest.hex) {
    throw manifestInvalid(`${where}.data is not the content that its digest and size name.`);
  }
}

/** For display and search only, so a malformed platform is no platform. */
function platformOf(value: unknown): Platform | undefined {
  if (!isObject(value) || typeof value['os'] !== 'string' || typeof value['architecture'] !== 'string')
    return undefined;
  const variant = value['variant'];
  return { os: value['os'], architecture: value['architecture'], ...(typeof variant === 'string' && { variant }) };
}
