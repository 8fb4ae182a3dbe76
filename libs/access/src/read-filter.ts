import type { TokenScope } from './contract.js';

/** Which names of one repository may be read. */
export type NameFilter = { readonly all: true } | { readonly all: false; readonly patterns: readonly string[] };

/** What may be read over all repositories: any of the rows, inside the token's pattern, and only the registry token's scopes. */
export type ReadFilter =
  | { readonly all: true }
  | {
      readonly all: false;
      /** Globs over repository and package names. */
      readonly rows: readonly { readonly repository: string; readonly name: string }[];
      /** Glob over repository names that must match as well; null: none. */
      readonly within: string | null;
      readonly scopes: readonly TokenScope[] | null;
    };

/** SQL expressions that give the columns; code constants, never input. */
export interface ReadFilterColumns {
  readonly repositoryId: string;
  readonly repositoryName: string;
  /** Absent when repositories themselves are listed. */
  readonly packageName?: string;
}

export interface SqlCondition {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

export const everythingReadable: ReadFilter = Object.freeze({ all: true });

/** A glob as a LIKE pattern (escape character: backslash, the default of PostgreSQL). */
export function likePattern(glob: string): string {
  return glob
    .replace(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_');
}

/**
 * A condition for `where`: true for rows that the filter admits. Its parameters are numbered from `firstParameter`; names are compared as
 * parameters only.
 */
export function readFilterSql(filter: ReadFilter, columns: ReadFilterColumns, firstParameter: number): SqlCondition {
  if (filter.all) return { sql: 'true', parameters: [] };
  const parameters: unknown[] = [];
  const next = (value: unknown): string => `$${firstParameter + parameters.push(value) - 1}`;
  const { repositoryId, repositoryName, packageName } = columns;
  const repositories = next(filter.rows.map(row => likePattern(row.repository)));
  const names = next(filter.rows.map(row => likePattern(row.name)));
  const name = packageName === undefined ? '' : ` and ${packageName} like readable._name`;
  // The underscored names cannot capture a column of the caller that is written without its table.
  const parts = [
    `exists (select 1 from unnest(${repositories}::text[], ${names}::text[]) as readable(_repository, _name)
       where ${repositoryName} like readable._repository${name})`,
  ];
  if (filter.within !== null) parts.push(`${repositoryName} like ${next(likePattern(filter.within))}`);
  if (filter.scopes !== null) {
    const ids = next(filter.scopes.map(scope => scope.repositoryId));
    const scoped = next(filter.scopes.map(scope => scope.package));
    const same = packageName === undefined ? '' : ` and ${packageName} = scoped._name`;
    parts.push(
      `exists (select 1 from unnest(${ids}::bigint[], ${scoped}::text[]) as scoped(_repository_id, _name)
         where ${repositoryId} = scoped._repository_id${same})`,
    );
  }
  return { sql: `(${parts.join(' and ')})`, parameters };
}
