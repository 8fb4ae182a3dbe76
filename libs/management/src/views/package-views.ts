import { Injectable } from '@nestjs/common';
import type { ReadFilter } from '#access';
// A value import: Nest reads the constructor's parameter types.
import { Database } from '#database';
import { decodeCursor, pageFrom, type Page } from '../http/paging.js';
import { count, iso, isoOrNull, packageColumns, packageIsLiving, Parameters } from './sql.js';

/** Where a package is, also when nothing living is in it any more. */
export interface PackagePlace {
  readonly id: string;
  readonly name: string;
  readonly repositoryId: string;
  readonly repository: string;
  readonly living: boolean;
}

interface PackageRecord {
  readonly id: string;
  readonly name: string;
  readonly display_name: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly repository: string;
  readonly format: string;
  readonly version_count: number;
  readonly last_published_at: Date | null;
}

export interface PackageListing {
  readonly filter: ReadFilter;
  readonly repository?: string | undefined;
  readonly name?: string | undefined;
  readonly format?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Packages as the REST interface shows them. Whatever the filter does not let through is not there. */
@Injectable()
export class PackageViews {
  constructor(private readonly database: Database) {}

  async list(listing: PackageListing) {
    const parameters = new Parameters();
    const after = decodeCursor(listing.cursor, 2);
    const conditions = [
      ...parameters.equals('lower(r.name)', listing.repository?.toLowerCase()),
      ...parameters.equals('p.name', listing.name),
      ...parameters.equals('r.format', listing.format),
      ...(after ? [`(r.name, p.name) > (${parameters.add(after[0])}, ${parameters.add(after[1])})`] : []),
    ];
    const rows = await this.read(listing.filter, conditions, parameters, listing.limit + 1);
    return pageFrom(rows, listing.limit, {
      item: shape,
      key: row => [row.repository, row.name],
    }) satisfies Page<unknown>;
  }

  /** Undefined when it is missing, empty or hidden. */
  async find(filter: ReadFilter, id: string) {
    const parameters = new Parameters();
    const [row] = await this.read(filter, parameters.equals('p.id', id), parameters, 1);
    return row && shape(row);
  }

  /** The package behind an id, living or not. Undefined when it is missing or hidden. */
  async place(filter: ReadFilter, id: string): Promise<PackagePlace | undefined> {
    const parameters = new Parameters();
    const [row] = await this.database.query<PackagePlace>(
      `select p.id, p.name, r.id as "repositoryId", r.name as repository, ${packageIsLiving} as living
       from package p join repository r on r.id = p.repository_id
       where p.id = ${parameters.add(id)} and r.removed_at is null and ${parameters.readable(filter, packageColumns)}`,
      parameters.values,
    );
    return row;
  }

  /** The counts are made for the rows of the page only. */
  private read(
    filter: ReadFilter,
    conditions: readonly string[],
    parameters: Parameters,
    limit: number,
  ): Promise<PackageRecord[]> {
    const where = ['r.removed_at is null', packageIsLiving, ...conditions, parameters.readable(filter, packageColumns)];
    return this.database.query<PackageRecord>(
      `with page as (
         select p.id, p.name, p.display_name, p.created_at, p.updated_at, r.name as repository, r.format
         from package p join repository r on r.id = p.repository_id
         where ${where.join(' and ')} order by r.name, p.name limit ${parameters.add(limit)})
       select page.*, totals.version_count, totals.last_published_at
       from page cross join lateral (
         select count(*)::int as version_count, max(published_at) as last_published_at
         from version where package_id = page.id and removed_at is null) totals
       order by page.repository, page.name`,
      parameters.values,
    );
  }
}

function shape(row: PackageRecord) {
  return {
    id: row.id,
    repository: row.repository,
    format: row.format,
    name: row.name,
    displayName: row.display_name,
    versionCount: count(row.version_count),
    lastPublishedAt: isoOrNull(row.last_published_at),
    createdAt: iso(row.created_at),
    updatedAt: iso(row.updated_at),
  };
}
