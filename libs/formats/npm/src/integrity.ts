import { LarderError, type Checksums } from '#kernel';
import type { PublishClaim } from './publish-claim.js';

/** Subresource-integrity algorithms that Larder computes; others in a list are left unread. */
const algorithms = ['sha512', 'sha256', 'sha1'] as const;

/**
 * Compares what the document announces with what arrived.
 * @throws size-mismatch, digest-mismatch with both values; invalid-digest when an announced value cannot be read
 */
export function checkIntegrity(claim: PublishClaim, received: { sizeBytes: number; checksums: Checksums }): void {
  if (claim.length !== undefined && claim.length !== received.sizeBytes) {
    throw new LarderError(
      'size-mismatch',
      `Attachment length mismatch: declared ${claim.length}, received ${received.sizeBytes}.`,
    );
  }
  if (claim.integrity !== undefined) checkList(claim.integrity, received.checksums);
  if (claim.shasum === undefined) return;
  if (!/^[a-fA-F0-9]{40}$/.test(claim.shasum))
    throw new LarderError('invalid-digest', 'dist.shasum must be 40 hex digits of a SHA-1.');
  if (claim.shasum.toLowerCase() !== received.checksums.sha1)
    throw mismatch(claim.shasum, received.checksums.sha1 ?? '');
}

function checkList(integrity: string, checksums: Checksums): void {
  let checked = 0;
  for (const entry of integrity.trim().split(/\s+/)) {
    const [, name, value] = /^([a-z0-9]+)-([A-Za-z0-9+/]+={0,2})(?:\?.*)?$/.exec(entry) ?? [];
    if (name === undefined)
      throw new LarderError('invalid-digest', 'dist.integrity must be a list like sha512-<base64>.');
    const algorithm = algorithms.find(known => known === name);
    if (!algorithm) continue;
    const received = Buffer.from(checksums[algorithm] ?? '', 'hex').toString('base64');
    if (received !== value) throw mismatch(entry, `${algorithm}-${received}`);
    checked++;
  }
  if (checked === 0)
    throw new LarderError('invalid-digest', 'dist.integrity has no algorithm that is known here; send sha512.');
}

function mismatch(announced: string, received: string): LarderError {
  return new LarderError(
    'digest-mismatch',
    `Integrity check failed: document says ${announced.slice(0, 200)}, received bytes are ${received}. Publish again.`,
  );
}
