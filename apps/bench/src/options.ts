import { parseArgs } from 'node:util';

export interface Options {
  /** Rows whose title matches are measured. */
  readonly only: RegExp;
  /** Length of one round of small requests, in seconds. */
  readonly seconds: number;
}

export const usage = `npm run bench -- [--only <row pattern>] [--seconds <length of a round>]

  --only      a regular expression, upper or lower case; rows whose title does not match are left out
  --seconds   1 to 60, default 2`;

/** @throws Error with the usage for options that are unknown or have no meaning */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({ args: [...args], options: { only: { type: 'string' }, seconds: { type: 'string' } } });
  const seconds = Number(values.seconds ?? 2);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 60) throw new Error(`--seconds takes 1 to 60.`);
  return { only: new RegExp(values.only ?? '', 'i'), seconds };
}
