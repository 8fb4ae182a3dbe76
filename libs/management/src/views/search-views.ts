import { Injectable } from '@nestjs/common';
import { likePattern, type ReadFilter } from '#access';
// A value import: Nest reads the constructor's parameter types.
import { Database } from '#database';
import { inputError } from '../http/check-input.js';
import { decodeIdCursor, pageFrom } from '../http/paging.js';
import { count, iso, packageColumns, packageIsLiving, Parameters } from './sql.js';

export interface SearchQuestion {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly digest?: string | undefined;
  readonly repository?: string | undefined;
  readonly format?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

interface Hit {
  /** Of the row that is paged over: package, version or file. */
  readonly row_id: string;
  readonly repository: string;
  readonly format: string;
  readonly package_id: string;
  readonly package: string;
  readonly version_id: string | null;
  readonly version: string | null;
  readonly published_at: Date;
  readonly published_by: string;
  readonly file_id: string | null;
  readonly path: string | null;
  readonly digest: string | null;
  readonly size_bytes: string | null;
}

const place = 'r.name as repository, r.format, p.id as package_id, p.name as package';
const noFile = 'null::bigint as file_id, null::text as path, null::text as digest, null::bigint as size_bytes';
const byAlgorithm = { sha256: 'digest', sha512: 'sha512', sha1: 'sha1', md5: 'md5' } as const;
const byLength: Readonly<Record<number, keyof typeof byAlgorithm>> = {
  64: 'sha256',
  128: 'sha512',
  40: 'sha1',
  32: 'md5',
};

/** Looks for packages, versions and files over all repositories that may be read. The newest first. */
@Injectable()
export class SearchViews {
  constructor(private readonly database: Database) {}

  /** @throws invalid-request without name, version and digest, or when the digest is none */
  async search(filter: ReadFilter, question: SearchQuestion) {
    const parameters = new Parameters();
    const before = decodeIdCursor(question.cursor);
    const source = sourceOf(question, parameters);
    const conditions = [
      'r.removed_at is null',
      ...source.conditions,
      ...parameters.equals('lower(r.name)', question.repository?.toLowerCase()),
      ...parameters.equals('r.format', question.format),
      ...(question.name === undefined ? [] : [`lower(p.name) like lower(${parameters.add(nameLike(question.name))})`]),
      ...(before === undefined ? [] : [`${source.id} < ${parameters.add(before)}::bigint`]),
      parameters.readable(filter, packageColumns),
    ];
    const rows = await this.database.query<Hit>(
      `select ${source.id} as row_id, ${place}, ${source.columns} from ${source.from}
       where ${conditions.join(' and ')} order by ${source.id} desc limit ${parameters.add(question.limit + 1)}`,
      parameters.values,
    );
    return pageFrom(rows, question.limit, { item: shape, key: row => [row.row_id] });
  }
}

interface Source {
  readonly id: string;
  readonly from: string;
  readonly columns: string;
  readonly conditions: readonly string[];
}

function sourceOf(question: SearchQuestion, parameters: Parameters): Source {
  if (question.digest !== undefined) return fileSource(question.digest, question.version, parameters);
  if (question.version !== undefined) return versionSource(question.version, parameters);
  if (question.name === undefined) throw inputError('/name', 'must be given, or version, or digest', 'query');
  return packageSource;
}

function fileSource(digest: string, version: string | undefined, parameters: Parameters): Source {
  const { column, value } = parseChecksum(digest);
  return {
    id: 'f.id',
    from: `file f join blob b on b.id = f.blob_id join package p on p.id = f.package_id join repository r on r.id = p.repository_id
           left join version v on v.id = f.version_id`,
    columns: `v.id as version_id, v.text as version, f.published_at, f.published_by, f.id as file_id, f.path, b.digest, b.size_bytes`,
    conditions: [
      `b.${column} = ${parameters.add(value)}`,
      'f.removed_at is null',
      ...parameters.equals('v.text', version),
    ],
  };
}

function versionSource(version: string, parameters: Parameters): Source {
  return {
    id: 'v.id',
    from: 'version v join package p on p.id = v.package_id join repository r on r.id = p.repository_id',
    columns: `v.id as version_id, v.text as version, v.published_at, v.published_by, ${noFile}`,
    conditions: [`v.text = ${parameters.add(version)}`, 'v.removed_at is null'],
  };
}

const packageSource: Source = {
  id: 'p.id',
  from: `package p join repository r on r.id = p.repository_id left join lateral (
           select id, text, published_at, published_by from version where package_id = p.id and removed_at is null order by id desc limit 1) v on true`,
  columns: `v.id as version_id, v.text as version, coalesce(v.published_at, p.created_at) as published_at, coalesce(v.published_by, '') as published_by, ${noFile}`,
  conditions: [packageIsLiving],
};

/** `sha256:…`, another known algorithm before a colon, or bare hex told by its length. */
function parseChecksum(text: string): { column: string; value: string } {
  const [, prefix, hex = ''] = /^(?:(sha256|sha512|sha1|md5):)?([a-f0-9]+)$/.exec(text.trim().toLowerCase()) ?? [];
  const algorithm = byLength[hex.length];
  if (algorithm === undefined || (prefix !== undefined && prefix !== algorithm)) {
    throw inputError('/digest', 'must be sha256:… or the hex digits of a sha256, sha512, sha1 or md5', 'query');
  }
  return { column: byAlgorithm[algorithm], value: algorithm === 'sha256' ? `sha256:${hex}` : hex };
}

/** A pattern when it has stars or question marks, otherwise any name with the text in it. */
function nameLike(text: string): string {
  return /[*?]/.test(text) ? likePattern(text) : `%${likePattern(text)}%`;
}

function shape(row: Hit) {
  return {
    repository: row.repository,
    format: row.format,
    packageId: row.package_id,
    package: row.package,
    versionId: row.version_id,
    version: row.version,
    publishedAt: iso(row.published_at),
    publishedBy: row.published_by,
    file:
      row.file_id === null
        ? null
        : { id: row.file_id, path: row.path!, digest: row.digest!, sizeBytes: count(row.size_bytes) },
  };
}
