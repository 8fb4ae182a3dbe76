import { z } from 'zod';

/** One line of text from outside. Control characters are refused: PostgreSQL takes no NUL, and logs and terminals take none at all. */
export function line(maxCharacters: number): z.ZodString {
  return z.string().max(maxCharacters).refine(isPrintable, 'must be one line without control characters');
}

/** As `line`, but not empty. */
export function word(maxCharacters: number): z.ZodString {
  return line(maxCharacters).min(1);
}

/** Text of several lines: no control character but the ends of lines and tabs. */
export function paragraph(maxCharacters: number): z.ZodString {
  return z
    .string()
    .max(maxCharacters)
    .refine(text => isPrintable(text.replace(/[\r\n\t]/g, ' ')), 'must not contain control characters');
}

/** True when no text in the value, however deep, holds a control character. */
export function isPrintableThroughout(value: unknown): boolean {
  if (typeof value === 'string') return isPrintable(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isPrintableThroughout);
}

/** Row ids are PostgreSQL bigints and travel as decimal text. */
export const id = z.string().regex(/^[1-9]\d{0,17}$/, 'must be an id as an answer of this API gave it');

/** RFC 3339 in UTC, ending in `Z`. */
export const timestamp = z.iso.datetime();

/** A time from outside, with `Z` or an offset. */
export const moment = z.iso.datetime({ offset: true });

export function isPrintable(text: string): boolean {
  // Control characters are what this expression is for.
  // oxlint-disable-next-line no-control-regex
  return !/[\u0000-\u001f\u007f]/.test(text) && text.isWellFormed();
}
