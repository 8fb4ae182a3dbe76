import { z } from 'zod';
import { LarderError } from '#kernel';
import { isPrintable, line } from './fields.js';

/** Query parameters of every list. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'Items on a page.' }),
  cursor: line(2048).optional().meta({ description: 'The `nextCursor` of the page before. Opaque.' }),
});

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor?: string;
}

/** Schema of a page of these items. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().optional() });
}

/**
 * A cursor is the sort key of the last item on a page, so a page continues there whatever was added or removed meanwhile. It is opaque but not
 * secret and gives no rights: every page is filtered by what its caller may read.
 */
export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The sort key of a cursor with `parts` texts; undefined without a cursor.
 * @throws invalid-request for anything that `encodeCursor` did not make.
 */
export function decodeCursor(cursor: string | undefined, parts: number): string[] | undefined {
  if (cursor === undefined) return undefined;
  const key = parseKey(cursor);
  if (key?.length !== parts) {
    const detail = 'must be the nextCursor of an earlier page of the same list';
    throw new LarderError('invalid-request', `The parameter cursor ${detail}.`, {
      details: { errors: [{ in: 'query', pointer: '/cursor', code: 'invalid-cursor', detail }] },
    });
  }
  return key;
}

/** As `decodeCursor` for lists that are ordered by one row id or sequence. */
export function decodeIdCursor(cursor: string | undefined): string | undefined {
  const key = decodeCursor(cursor, 1);
  if (key && !/^\d{1,18}$/.test(key[0]!)) decodeCursor('', 1);
  return key?.[0];
}

/** Cuts the row that was read too many, which tells that there is a next page, and makes the cursor of the last one kept. */
export function pageFrom<R, T>(
  rows: readonly R[],
  limit: number,
  shape: { item(row: R): T; key(row: R): readonly string[] },
): Page<T> {
  const kept = rows.slice(0, limit);
  const items = kept.map(row => shape.item(row));
  return rows.length > limit ? { items, nextCursor: encodeCursor(shape.key(kept.at(-1)!)) } : { items };
}

function parseKey(cursor: string): string[] | undefined {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(key) && key.every(part => typeof part === 'string' && isPrintable(part))
      ? (key as string[])
      : undefined;
  } catch {
    return undefined;
  }
}
