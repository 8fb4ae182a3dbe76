import { malformedCredentials } from './refusals.js';

export type Scheme = 'basic' | 'bearer';

export interface AuthorizationHeader {
  readonly scheme: Scheme;
  /** What follows the scheme: one word without blanks. */
  readonly value: string;
}

export interface BasicCredentials {
  readonly name: string;
  readonly password: string;
}

const header = /^\s*([A-Za-z]+) +(\S+)\s*$/;
const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads an Authorization header; the scheme may stand in any case (RFC 9110, section 11.1).
 * @throws invalid-credentials for any other scheme and any other shape.
 */
export function parseAuthorization(text: string): AuthorizationHeader {
  const match = header.exec(text);
  const scheme = match?.[1]?.toLowerCase();
  if (!match || (scheme !== 'basic' && scheme !== 'bearer')) throw malformedCredentials();
  return { scheme, value: match[2]! };
}

/** `Basic Og==` is an empty user and an empty password: podman and skopeo send it when they have no credentials. */
export function isEmptyBasic(text: string): boolean {
  return /^\s*basic +Og(==)?\s*$/i.test(text);
}

/**
 * Decodes Basic credentials (RFC 7617): the name ends at the first colon and the password keeps all others. Bytes that are not UTF-8 are
 * read as Latin-1, which older Java clients send.
 * @throws invalid-credentials when it is not base64, has no colon or holds control characters.
 */
export function decodeBasic(value: string): BasicCredentials {
  if (!base64.test(value)) throw malformedCredentials();
  const bytes = Buffer.from(value, 'base64');
  const text = decodeText(bytes);
  const colon = text.indexOf(':');
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (colon < 0 || /[\u0000-\u001f\u007f]/.test(text)) throw malformedCredentials();
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decodeText(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
