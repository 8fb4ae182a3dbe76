import { Injectable } from '@nestjs/common';
import type { ReadFilter } from '#access';
// A value import: Nest reads the constructor's parameter types.
import { Database } from '#database';
import { decodeCursor, decodeIdCursor, pageFrom } from '../http/paging.js';
import { count, iso, isoOrNull, packageColumns, Parameters } from './sql.js';

/** Where a version is, also when it is removed. */
export interface VersionPlace {
  readonly id: string;
  readonly text: string;
  readonly package: string;
  readonly repository: string;
  readonly removed: boolean;
}

interface VersionRecord {
  readonly id: string;
  readonly package_id: string;
  readonly text: string;
  readonly metadata: Record<string, unknown>;
  readonly published_at: Date;
  readonly published_by: string;
  readonly sealed_at: Date | null;
  readonly last_used_at: Date | null;
  readonly package: string;
  readonly repository: string;
  readonly format: string;
  readonly size_bytes: string | null;
  readonly file_count: number;
  readonly downloads: string | null;
  readonly states: Record<string, { reason: string; since: string; changedBy: string }> | null;
}

interface FileRecord {
  readonly id: string;
  readonly path: string;
  readonly media_type: string;
  readonly published_at: Date;
  readonly published_by: string;
  readonly digest: string;
  readonly size_bytes: string;
  readonly sha512: string | null;
  readonly sha1: string | null;
  readonly md5: string | null;
  readonly blake2b512: string | null;
}

// A version's own files, and those of its package that it refers to: the layers and the configuration of an image belong to no single version.
const filesOfVersion = `file f join blob b on b.id = f.blob_id
  where f.removed_at is null and (f.version_id = page.id or (f.package_id = page.package_id and f.version_id is null
    and f.blob_id in (select blob_id from reference where version_id = page.id)))`;

/** Versions and their files as the REST interface shows them. Whatever the filter does not let through is not there. */
@Injectable()
export class VersionViews {
  constructor(private readonly database: Database) {}

  /** The newest first. */
  async list(filter: ReadFilter, packageId: string, page: { limit: number; cursor?: string | undefined }) {
    const parameters = new Parameters();
    const before = decodeIdCursor(page.cursor);
    const conditions = [
      ...parameters.equals('p.id', packageId),
      ...(before === undefined ? [] : [`v.id < ${parameters.add(before)}::bigint`]),
    ];
    const rows = await this.read(filter, conditions, parameters, page.limit + 1);
    return pageFrom(rows, page.limit, { item: shapeVersion, key: row => [row.id] });
  }

  async find(filter: ReadFilter, id: string) {
    const row = await this.findRecord(filter, id);
    return row && shapeVersion(row);
  }

  /** With the metadata of the artifact. */
  async findDetails(filter: ReadFilter, id: string) {
    const row = await this.findRecord(filter, id);
    return row && { ...shapeVersion(row), metadata: row.metadata };
  }

  /** The version behind an id, removed or not. Undefined when it is missing or hidden. */
  async place(filter: ReadFilter, id: string): Promise<VersionPlace | undefined> {
    const parameters = new Parameters();
    const [row] = await this.database.query<VersionPlace>(
      `select v.id, v.text, p.name as package, r.name as repository, v.removed_at is not null as removed
       from version v join package p on p.id = v.package_id join repository r on r.id = p.repository_id
       where v.id = ${parameters.add(id)} and r.removed_at is null and ${parameters.readable(filter, packageColumns)}`,
      parameters.values,
    );
    return row;
  }

  /** By path. The caller has made sure that the version may be read. */
  async files(versionId: string, page: { limit: number; cursor?: string | undefined }) {
    const parameters = new Parameters();
    const version = parameters.add(versionId);
    const after = decodeCursor(page.cursor, 1);
    const rows = await this.database.query<FileRecord>(
      `select f.id, f.path, f.media_type, f.published_at, f.published_by, b.digest, b.size_bytes, b.sha512, b.sha1, b.md5, b.blake2b512
       from version page cross join lateral (select f.*, b.digest, b.size_bytes from ${filesOfVersion}) f join blob b on b.id = f.blob_id
       where page.id = ${version} ${after ? `and f.path > ${parameters.add(after[0])}` : ''}
       order by f.path limit ${parameters.add(page.limit + 1)}`,
      parameters.values,
    );
    return pageFrom(rows, page.limit, { item: shapeFile, key: row => [row.path] });
  }

  private async findRecord(filter: ReadFilter, id: string): Promise<VersionRecord | undefined> {
    const parameters = new Parameters();
    const [row] = await this.read(filter, parameters.equals('v.id', id), parameters, 1);
    return row;
  }

  /** Sizes, downloads and states are made for the rows of the page only. */
  private read(
    filter: ReadFilter,
    conditions: readonly string[],
    parameters: Parameters,
    limit: number,
  ): Promise<VersionRecord[]> {
    const where = [
      'r.removed_at is null',
      'v.removed_at is null',
      ...conditions,
      parameters.readable(filter, packageColumns),
    ];
    return this.database.query<VersionRecord>(
      `with page as (
         select v.id, v.package_id, v.text, v.metadata, v.published_at, v.published_by, v.sealed_at, v.last_used_at,
                p.name as package, r.name as repository, r.format
         from version v join package p on p.id = v.package_id join repository r on r.id = p.repository_id
         where ${where.join(' and ')} order by v.id desc limit ${parameters.add(limit)})
       select page.*, content.size_bytes, content.file_count, usage.downloads, current.states
       from page
       cross join lateral (
         select sum(size_bytes) as size_bytes, count(*)::int as file_count
         from (select distinct on (b.id) b.size_bytes from ${filesOfVersion}) blobs) content
       cross join lateral (select sum(downloads) as downloads from usage_day where version_id = page.id) usage
       cross join lateral (
         select jsonb_object_agg(state, jsonb_build_object('reason', reason, 'since', valid_from, 'changedBy', changed_by)) as states
         from state_change where version_id = page.id and valid_to is null) current
       order by page.id desc`,
      parameters.values,
    );
  }
}

function shapeVersion(row: VersionRecord) {
  const states = Object.entries(row.states ?? {}).map(
    ([state, value]) => [state, { ...value, since: iso(new Date(value.since)) }] as const,
  );
  return {
    id: row.id,
    packageId: row.package_id,
    repository: row.repository,
    format: row.format,
    package: row.package,
    version: row.text,
    states: Object.fromEntries(states),
    sizeBytes: count(row.size_bytes),
    fileCount: row.file_count,
    downloads: count(row.downloads),
    publishedAt: iso(row.published_at),
    publishedBy: row.published_by,
    sealedAt: isoOrNull(row.sealed_at),
    lastUsedAt: isoOrNull(row.last_used_at),
  };
}

function shapeFile(row: FileRecord) {
  const { sha512, sha1, md5, blake2b512 } = row;
  const known = Object.entries({ sha512, sha1, md5, blake2b512 }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return {
    id: row.id,
    path: row.path,
    digest: row.digest,
    sizeBytes: count(row.size_bytes),
    checksums: Object.fromEntries(known),
    mediaType: row.media_type,
    publishedAt: iso(row.published_at),
    publishedBy: row.published_by,
  };
}
