import type { StoredBlob } from '#blob';
import type { Database } from '#database';
import type { Digest } from '#kernel';
import { toStoredBlob } from './blob-ledger.js';
import {
  fileColumns,
  packageColumns,
  tagColumns,
  toFile,
  toPackage,
  toReference,
  toState,
  toTag,
  toVersion,
  versionColumns,
} from './row-mapping.js';
import type { FileRow, Id, PackageRow, ReferenceRow, StateRow, TagRow, VersionRow } from './rows.js';

/** A part of a listing: names after `after` (exclusive), in collation C, that begin with `prefix` and match one of the LIKE patterns. */
export interface NamePage {
  readonly after?: string;
  readonly limit: number;
  readonly prefix?: string;
  /** undefined: every name. */
  readonly like?: readonly string[];
}

/** Reads of the catalog outside transactions: living rows only, unless a name says otherwise. */
export class CatalogReader {
  constructor(private readonly database: Database) {}

  async findPackage(repositoryId: Id, name: string): Promise<PackageRow | undefined> {
    const rows = await this.database.query(
      `select ${packageColumns} from package p where p.repository_id = $1 and p.name = $2 and (p.living_files > 0 or p.living_versions > 0)`,
      [repositoryId, name],
    );
    return rows[0] && toPackage(rows[0]);
  }

  /** Packages with at least one living version. */
  async listPackages(repositoryId: Id, page: NamePage): Promise<PackageRow[]> {
    const rows = await this.database.query(
      `select ${packageColumns} from package p
       where p.repository_id = $1 and p.living_versions > 0
         and ($2::text is null or p.name > $2) and ($3::text is null or starts_with(p.name, $3)) and ($4::text[] is null or p.name like any($4))
       order by p.name limit $5`,
      [repositoryId, page.after ?? null, page.prefix ?? null, page.like ?? null, page.limit],
    );
    return rows.map(toPackage);
  }

  async versions(packageId: Id): Promise<VersionRow[]> {
    const rows = await this.database.query(
      `select ${versionColumns} from version v where v.package_id = $1 and v.removed_at is null order by v.id`,
      [packageId],
    );
    return rows.map(toVersion);
  }

  async findVersion(packageId: Id, text: string, removed = false): Promise<VersionRow | undefined> {
    const rows = await this.database.query(
      `select ${versionColumns} from version v where v.package_id = $1 and v.text = $2 and (v.removed_at is not null) = $3`,
      [packageId, text, removed],
    );
    return rows[0] && toVersion(rows[0]);
  }

  async tags(packageId: Id): Promise<TagRow[]> {
    const rows = await this.database.query(
      `select ${tagColumns} from tag t join version v on v.id = t.version_id where t.package_id = $1 and t.valid_to is null order by t.name`,
      [packageId],
    );
    return rows.map(toTag);
  }

  async findTag(packageId: Id, name: string): Promise<TagRow | undefined> {
    const rows = await this.database.query(
      `select ${tagColumns} from tag t join version v on v.id = t.version_id where t.package_id = $1 and t.name = $2 and t.valid_to is null`,
      [packageId, name],
    );
    return rows[0] && toTag(rows[0]);
  }

  async tagNames(packageId: Id, page: { after?: string; limit: number }): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      'select name from tag where package_id = $1 and valid_to is null and ($2::text is null or name > $2) order by name limit $3',
      [packageId, page.after ?? null, page.limit],
    );
    return rows.map(row => row.name);
  }

  async states(packageId: Id): Promise<StateRow[]> {
    const rows = await this.database.query(
      'select * from state_change where package_id = $1 and valid_to is null order by id',
      [packageId],
    );
    return rows.map(toState);
  }

  async files(packageId: Id): Promise<FileRow[]> {
    const rows = await this.database.query(
      `select ${fileColumns} from file f join blob b on b.id = f.blob_id where f.package_id = $1 and f.removed_at is null order by f.id`,
      [packageId],
    );
    return rows.map(toFile);
  }

  async versionFiles(versionId: Id): Promise<FileRow[]> {
    const rows = await this.database.query(
      `select ${fileColumns} from file f join blob b on b.id = f.blob_id where f.version_id = $1 and f.removed_at is null order by f.id`,
      [versionId],
    );
    return rows.map(toFile);
  }

  async findFile(repositoryId: Id, path: string): Promise<FileRow | undefined> {
    const rows = await this.database.query(
      `select ${fileColumns} from file f join blob b on b.id = f.blob_id where f.repository_id = $1 and f.path = $2 and f.removed_at is null`,
      [repositoryId, path],
    );
    return rows[0] && toFile(rows[0]);
  }

  async fragments(packageId: Id, variant: string): Promise<{ version: VersionRow; body: string }[]> {
    const rows = await this.database.query<Record<string, unknown> & { body: string }>(
      `select ${versionColumns}, s.body from version v join version_fragment s on s.version_id = v.id and s.variant = $2
       where v.package_id = $1 and v.removed_at is null order by v.id`,
      [packageId, variant],
    );
    return rows.map(row => ({ version: toVersion(row), body: row.body }));
  }

  /** One piece of one version: for what only the latest version shows, such as a readme. */
  async fragment(versionId: Id, variant: string): Promise<string | undefined> {
    const rows = await this.database.query<{ body: string }>(
      'select body from version_fragment where version_id = $1 and variant = $2',
      [versionId, variant],
    );
    return rows[0]?.body;
  }

  /** Living versions that hold an edge of that relation to that digest. */
  async referencing(packageId: Id, relation: string, digest: string): Promise<VersionRow[]> {
    const rows = await this.database.query(
      `select distinct ${versionColumns} from reference e join version v on v.id = e.version_id
       where e.package_id = $1 and e.relation = $2 and e.digest = $3 and v.removed_at is null order by v.id`,
      [packageId, relation, digest],
    );
    return rows.map(toVersion);
  }

  async references(versionId: Id): Promise<ReferenceRow[]> {
    const rows = await this.database.query(
      'select version_id, package_id, relation, digest from reference where version_id = $1 order by id',
      [versionId],
    );
    return rows.map(toReference);
  }

  async findBlob(digest: Digest): Promise<StoredBlob | undefined> {
    const rows = await this.database.query(
      'select id, digest, size_bytes, sha512, sha1, md5, blake2b512 from blob where digest = $1',
      [digest],
    );
    return rows[0] && toStoredBlob(rows[0]);
  }
}
