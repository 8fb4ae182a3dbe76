import { createCipheriv, createHash } from 'node:crypto';

/** Bytes that the same seed makes again, and that do not compress. They begin as a ZIP archive does, so that they pass for a jar. */
export function bytesOf(seed: string, sizeBytes: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
  const bytes = cipher.update(Buffer.alloc(Math.max(sizeBytes, 8)));
  bytes.writeUInt32LE(0x04034b50, 0);
  return bytes;
}

export function hex(algorithm: string, bytes: Buffer | string): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

export function sha256(bytes: Buffer | string): string {
  return hex('sha256', bytes);
}
