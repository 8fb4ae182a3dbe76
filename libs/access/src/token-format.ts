import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { randomBase62 } from '#kernel';

/** What a token was made for. The letter stands in the token, so that its finder and secret scanners see what it is. */
export const tokenKinds = ['personal', 'npm-login', 'session'] as const;
export type TokenKind = (typeof tokenKinds)[number];

const letters: Record<TokenKind, string> = { personal: 'p', 'npm-login': 'n', session: 's' };
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const shape = /^ldr_[pns]_[0-9A-Za-z]{38}$/;
const checksumLength = 6;

/** A fresh secret: `ldr_`, kind, `_`, 32 base62 characters from the system's random source (190 bits), 6 of checksum. */
export function makeTokenSecret(kind: TokenKind): string {
  const body = `ldr_${letters[kind]}_${randomBase62(32)}`;
  return body + checksum(body);
}

/** True for text that claims to be an access token, well-formed or not: such text is never tried as a password. */
export function looksLikeToken(text: string): boolean {
  return text.startsWith('ldr_');
}

/** True when shape and checksum hold. A typing error or a random guess is refused here, without asking the database. */
export function isWellFormedToken(text: string): boolean {
  if (!shape.test(text)) return false;
  const body = text.slice(0, -checksumLength);
  return text.slice(-checksumLength) === checksum(body);
}

/** What is stored and looked up. Plain SHA-256 is enough for 190 random bits; equality is decided by a unique index over hashes. */
export function hashToken(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/** The beginning that lists may show: kind and 4 characters of the secret. */
export function displayPrefix(secret: string): string {
  return secret.slice(0, 10);
}

/** CRC32 of the text before it, in base62, most significant digit first. */
function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let i = 0; i < checksumLength; i++) {
    text = digits[rest % 62]! + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
