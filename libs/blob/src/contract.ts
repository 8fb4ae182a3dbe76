import type { Readable, Writable } from 'node:stream';
import type { Checksums, Digest, HashAlgorithm } from '#kernel';

/** Bytes that are durably in the store and pinned, so that nothing removes them before a transaction refers to them. */
export interface StoredBlob {
  /** Row id in the catalog's `blob` table. */
  readonly id: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Always sha256; the others as far as they were asked for at this or an earlier storing. */
  readonly checksums: Checksums;
}

/**
 * Bytes that were received and synced to the staging folder, but belong to nothing yet. Whoever holds one must either
 * `store` or `discard` it.
 */
export interface StagedBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly checksums: Checksums;
  /** Reads the staged bytes, for validation before they are stored. */
  open(range?: ByteRange): Readable;
  /** Reads a small part into memory. At most 16 MiB. */
  read(range: ByteRange): Promise<Buffer>;
}

/** Both ends inclusive, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface StageOptions {
  /** Further digests to compute in the same pass; sha256 always is. */
  algorithms?: readonly HashAlgorithm[];
  /** More bytes than this: `too-large`, and nothing remains. */
  limitBytes: number;
  /** What the client announced. A difference: `digest-mismatch` or `size-mismatch`, and nothing remains. */
  expected?: { sizeBytes?: number; checksums?: Checksums };
  signal?: AbortSignal;
}

/** What formats receive: bytes go in, and come out by digest. */
export interface BlobSink {
  /**
   * Streams into the staging folder while hashing. Memory is bounded by a chunk. The bytes are synced when this resolves.
   * When the source fails or is cut, nothing remains and the source's own error is thrown. A source that is not read to its end is destroyed,
   * except a request, whose answer must still be sent. An aborted signal destroys any source. Never call inside a transaction.
   * @throws too-large, digest-mismatch, size-mismatch, storage-full
   */
  stage(source: Readable | AsyncIterable<Buffer>, options: StageOptions): Promise<StagedBlob>;
  /**
   * Makes a staged blob a stored one: pins the row, links the file into place if it is missing, syncs the folders. Storing
   * what exists succeeds and writes no bytes. Safe to call concurrently for equal bytes. Never call inside a transaction.
   * The staged blob is used up afterwards, also when storing failed.
   * @throws storage-full, unavailable
   */
  store(staged: StagedBlob): Promise<StoredBlob>;
  /** Removes a staged blob that will not be stored. Idempotent, never throws. */
  discard(staged: StagedBlob): Promise<void>;
}

/** Stored bytes on their way out. */
export interface BlobStream extends Readable {
  /**
   * Writes all bytes into the target, without ending it, in memory that is used again; reading the stream takes fresh memory for each piece. Use it instead of
   * reading, once. Resolves when the target has taken the last byte.
   * @throws what reading would have thrown; ERR_STREAM_PREMATURE_CLOSE when the target is closed. The target then has only a part and must be destroyed.
   */
  sendTo?(target: Writable): Promise<void>;
}

export interface BlobSource {
  /**
   * Streams stored bytes. Blobs up to 8 MiB are verified before the first byte is given when no range is asked for; larger ones while
   * streaming: wrong bytes end the stream with an error, never with a clean end.
   * @throws not-found when the file is missing
   */
  open(digest: Digest, sizeBytes: number, range?: ByteRange): Promise<BlobStream>;
  /**
   * The whole content of a small blob, verified; most often it is in memory already, and a stream around it would cost more than sending it. Undefined for a
   * blob that is too large to be kept: open it. Never change the bytes: other readers share them.
   * @throws not-found when the file is missing
   */
  small(digest: Digest, sizeBytes: number): Promise<Buffer | undefined>;
  /** The whole content in memory. @throws too-large above limitBytes, not-found */
  read(digest: Digest, limitBytes: number): Promise<Buffer>;
  /** True when the file of that digest is on disk with that size. */
  has(digest: Digest, sizeBytes: number): Promise<boolean>;
}

/** Bytes of a resumable upload. The offset that is reported is really on disk. */
export interface UploadFiles {
  /** Creates the empty file of an upload. */
  create(uploadId: string): Promise<void>;
  /**
   * Appends at `offset`, which must be the size on disk (more bytes than the recorded offset, left by a crash, are cut off first),
   * syncs, and resolves with the new size. On a cut source, or an aborted signal, the bytes that arrived stay and count: it resolves with the size
   * reached and does not reject. `limitBytes` is the most that the whole upload may have; when it is passed, the bytes of this call are
   * cut off again. Only one call at a time may write to an upload; a second one in this process is `upload-offset`.
   * @throws upload-offset, upload-unknown, too-large, storage-full
   */
  append(
    uploadId: string,
    offset: number,
    source: Readable,
    options: { limitBytes: number; signal?: AbortSignal },
  ): Promise<number>;
  /** The bytes on disk. @throws upload-unknown */
  size(uploadId: string): Promise<number>;
  /**
   * Hashes the file (in this process the running hash is reused; after a restart the file is read again) and turns it into a staged blob.
   * The upload's file is gone afterwards, also when the digest does not match.
   * @throws digest-mismatch, upload-unknown
   */
  finish(
    uploadId: string,
    options: { algorithms?: readonly HashAlgorithm[]; expected?: StageOptions['expected'] },
  ): Promise<StagedBlob>;
  /** Removes the file. Idempotent. */
  cancel(uploadId: string): Promise<void>;
}

/**
 * The rows behind the store. The catalog implements it; the blob room only knows that a pin must be durable before a file may count as present.
 */
export interface BlobLedger {
  /**
   * Inserts the blob row or renews its pin for 24 hours, under the lock of that digest, in a short transaction of its own, and adds
   * checksums that were not known yet. Returns the row id.
   */
  pin(blob: { digest: Digest; sizeBytes: number; checksums: Checksums }): Promise<StoredBlob>;
}
