import { randomBytes, randomFillSync } from 'node:crypto';

const base32 = '0123456789abcdefghjkmnpqrstvwxyz';
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

// Two ids are made for many a request, and each call into the random source costs as much as the rest of it: bytes are drawn in advance.
const drawn = Buffer.alloc(4096);
let next = drawn.length;

/** 26 characters that sort by time: 48 bits of milliseconds and 80 random bits (the layout of a ULID, lower case). Not a secret. */
export function timeOrderedId(now: number = Date.now()): string {
  let time = '';
  let rest = now;
  for (let i = 0; i < 10; i++) {
    time = base32[rest % 32]! + time;
    rest = Math.floor(rest / 32);
  }
  if (next + 16 > drawn.length) {
    randomFillSync(drawn);
    next = 0;
  }
  let random = '';
  for (const end = next + 16; next < end; next++) random += base32[drawn[next]! & 31]!;
  return time + random;
}

/** `length` uniformly random base62 characters from the system's random source. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      // 248 is the largest multiple of 62 below 256: larger bytes would favour the first letters.
      if (byte < 248 && text.length < length) text += base62[byte % 62]!;
    }
  }
  return text;
}
