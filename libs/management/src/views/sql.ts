import { readFilterSql, type ReadFilter, type ReadFilterColumns } from '#access';

/** The parameters of one statement while it is put together. */
export class Parameters {
  readonly values: unknown[] = [];

  /** Adds a value and gives its placeholder. */
  add(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  /** The condition that lets through only what may be read. */
  readable(filter: ReadFilter, columns: ReadFilterColumns): string {
    const condition = readFilterSql(filter, columns, this.values.length + 1);
    this.values.push(...condition.parameters);
    return condition.sql;
  }

  /** `column = value`, or nothing when there is no value. */
  equals(column: string, value: unknown): string[] {
    return value === undefined ? [] : [`${column} = ${this.add(value)}`];
  }
}

/** A package is there while something living is in it; its row stays as the holder of the name and of removed versions. */
export const packageIsLiving = '(p.living_files > 0 or p.living_versions > 0)';

export const packageColumns: ReadFilterColumns = {
  repositoryId: 'r.id',
  repositoryName: 'r.name',
  packageName: 'p.name',
};

/** bigint sums arrive as text; sizes and counts stay far below 2^53. */
export function count(value: string | number | null): number {
  return value === null ? 0 : Number(value);
}

export function iso(value: Date): string {
  return value.toISOString();
}

export function isoOrNull(value: Date | null): string | null {
  return value === null ? null : value.toISOString();
}
