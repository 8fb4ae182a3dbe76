import { actions as knownActions, LarderError, systemCode, type Action } from '#kernel';
import { isAction } from './credential-checker.js';

const longestPattern = 255;
const longestLabel = 200;

/** @throws invalid-request naming the known actions. */
export function parseActions(given: readonly string[]): Action[] {
  const unknown = given.find(action => !isAction(action));
  if (unknown !== undefined || given.length === 0) {
    const problem = unknown === undefined ? 'No action is given' : `"${unknown.slice(0, 60)}" is not an action`;
    throw new LarderError('invalid-request', `${problem}; choose from ${knownActions.join(', ')}.`);
  }
  return knownActions.filter(action => given.includes(action));
}

/** Checks a glob over names. @throws invalid-request */
export function parsePattern(text: string, what: string): string {
  if (text.length === 0 || text.length > longestPattern || hasControl(text)) {
    throw new LarderError(
      'invalid-request',
      `The ${what} must have 1 to ${longestPattern} printable characters; * stands for anything.`,
    );
  }
  return text;
}

/** Checks a name or description that people read. @throws invalid-request */
export function parseLabel(text: string, what: string): string {
  if (text.length > longestLabel || hasControl(text)) {
    throw new LarderError('invalid-request', `The ${what} must have at most ${longestLabel} printable characters.`);
  }
  return text;
}

/** True for the text of a row id. Anything else names no row, and PostgreSQL need not be asked. */
export function isRowId(text: string): boolean {
  return /^[1-9]\d{0,17}$/.test(text);
}

/** Answers a violated unique constraint with `conflict` and the given sentence. */
export async function orConflict<T>(work: Promise<T>, sqlState: '23505' | '23503', message: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (systemCode(error) === sqlState) throw new LarderError('conflict', message);
    throw error;
  }
}

function hasControl(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}
