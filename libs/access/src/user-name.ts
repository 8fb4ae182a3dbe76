import { LarderError } from '#kernel';

/** Letters, digits and . _ - @ +, beginning with a letter or digit: no colon (Basic ends the name there) and nothing that looks alike. */
const pattern = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/;
const reserved = new Set(['anonymous', 'system', 'everyone', 'signed-in']);

export function isUserName(text: string): boolean {
  return pattern.test(text);
}

/** @throws invalid-name */
export function parseUserName(text: string): string {
  if (!isUserName(text) || reserved.has(text.toLowerCase())) {
    throw new LarderError(
      'invalid-name',
      `"${text.slice(0, 80)}" cannot name a user; use letters, digits and . _ - @ +, beginning with a letter or digit, at most 100.`,
    );
  }
  return text;
}
