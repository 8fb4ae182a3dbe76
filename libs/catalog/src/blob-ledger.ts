import type { BlobLedger, StoredBlob } from '#blob';
import type { Database } from '#database';
import type { Checksums, Digest } from '#kernel';
import { toChecksums } from './row-mapping.js';

/**
 * Blob rows and their pins. The pin is a committed row before the file is linked into place, and it outlives any transaction that may refer to the
 * blob, so that a collector running at that moment finds either the pin or the reference.
 */
export class DatabaseBlobLedger implements BlobLedger {
  constructor(private readonly database: Database) {}

  async pin(blob: { digest: Digest; sizeBytes: number; checksums: Checksums }): Promise<StoredBlob> {
    const { sha512, sha1, md5, blake2b512 } = blob.checksums;
    // One statement is one transaction; its row lock is the lock of the digest.
    const rows = await this.database.query(
      `insert into blob as b (digest, size_bytes, sha512, sha1, md5, blake2b512, pinned_until)
       values ($1, $2, $3, $4, $5, $6, now() + interval '24 hours')
       on conflict (digest) do update set
         pinned_until = excluded.pinned_until,
         condemned_at = null,
         sha512 = coalesce(b.sha512, excluded.sha512),
         sha1 = coalesce(b.sha1, excluded.sha1),
         md5 = coalesce(b.md5, excluded.md5),
         blake2b512 = coalesce(b.blake2b512, excluded.blake2b512)
       returning id, digest, size_bytes, sha512, sha1, md5, blake2b512`,
      [blob.digest, blob.sizeBytes, sha512 ?? null, sha1 ?? null, md5 ?? null, blake2b512 ?? null],
    );
    return toStoredBlob(rows[0]!);
  }
}

export function toStoredBlob(row: Record<string, unknown>): StoredBlob {
  return {
    id: row['id'] as string,
    digest: row['digest'] as Digest,
    sizeBytes: Number(row['size_bytes']),
    checksums: toChecksums(row),
  };
}
