import type { Tx } from '#database';
import { fileColumns, toFile } from './row-mapping.js';
import type { FileRow, Id } from './rows.js';
import { toJsonb } from './storable.js';

export interface NewFile {
  readonly repositoryId: Id;
  readonly packageId: Id;
  readonly versionId: Id | null;
  readonly path: string;
  readonly blobId: Id;
  readonly digest: string;
  readonly mediaType: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly publishedBy: string;
  readonly publisherId: string;
}

/** File rows. A path has at most one living row; replaced and removed ones stay as its history. */
export class FileRows {
  async findLiving(tx: Tx, repositoryId: Id, path: string): Promise<FileRow | undefined> {
    const rows = await tx.query(
      `select ${fileColumns} from file f join blob b on b.id = f.blob_id where f.repository_id = $1 and f.path = $2 and f.removed_at is null`,
      [repositoryId, path],
    );
    return rows[0] && toFile(rows[0]);
  }

  /** Adds the row and the reference that keeps its bytes. The blob's row is locked against a collector until the commit. */
  async add(tx: Tx, file: NewFile): Promise<FileRow> {
    const rows = await tx.query(
      `with pinned as (select id from blob where id = $5 for key share),
       f as (
         insert into file (repository_id, package_id, version_id, path, blob_id, media_type, metadata, published_by, publisher_id)
         select $1, $2, $3, $4, pinned.id, $6, $7, $8, $9 from pinned returning *
       ),
       held as (
         insert into reference (blob_id, digest, relation, package_id, file_id) select f.blob_id, $10, 'file', f.package_id, f.id from f returning 1
       )
       select ${fileColumns} from f join blob b on b.id = f.blob_id`,
      [
        file.repositoryId,
        file.packageId,
        file.versionId,
        file.path,
        file.blobId,
        file.mediaType,
        toJsonb(file.metadata),
        file.publishedBy,
        file.publisherId,
        file.digest,
      ],
    );
    return toFile(rows[0]!);
  }

  async remove(tx: Tx, ids: readonly Id[], removedBy: string): Promise<number> {
    const rows = await tx.query(
      'update file set removed_at = now(), removed_by = $2 where id = any($1) and removed_at is null returning id',
      [ids, removedBy],
    );
    return rows.length;
  }

  /** Which of the blobs a living file of the package links. */
  async linkedBlobs(tx: Tx, packageId: Id, blobIds: readonly Id[]): Promise<Set<Id>> {
    const rows = await tx.query<{ id: string }>(
      'select distinct f.blob_id::text as id from file f where f.package_id = $1 and f.blob_id = any($2::bigint[]) and f.removed_at is null',
      [packageId, blobIds],
    );
    return new Set(rows.map(row => row.id));
  }

  async livingOfVersions(tx: Tx, versionIds: readonly Id[]): Promise<FileRow[]> {
    const rows = await tx.query(
      `select ${fileColumns} from file f join blob b on b.id = f.blob_id where f.version_id = any($1) and f.removed_at is null order by f.id`,
      [versionIds],
    );
    return rows.map(toFile);
  }

  async livingOfPackage(tx: Tx, packageId: Id): Promise<FileRow[]> {
    const rows = await tx.query(
      `select ${fileColumns} from file f join blob b on b.id = f.blob_id where f.package_id = $1 and f.removed_at is null order by f.id`,
      [packageId],
    );
    return rows.map(toFile);
  }
}
