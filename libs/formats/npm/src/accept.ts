/** The two forms of a packument. */
export type PackumentForm = 'full' | 'abbreviated';

export const abbreviatedType = 'application/vnd.npm.install-v1+json';
export const fullType = 'application/json; charset=utf-8';

/**
 * Which form a client gets. The abbreviated one only when its type ranks higher by q-value than plain JSON; a missing, equal or
 * unreadable `Accept` gives the full form. Never 406: a registry that sent it broke clients.
 */
export function packumentForm(accept: string | undefined): PackumentForm {
  if (accept === undefined || accept.length > 1024) return 'full';
  const ranges = accept.split(',').map(parseRange);
  return quality(ranges, 'application/vnd.npm.install-v1+json') > quality(ranges, 'application/json')
    ? 'abbreviated'
    : 'full';
}

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

function parseRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase());
  const weight = parameters.find(parameter => parameter.startsWith('q='))?.slice(2);
  const quality = weight === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0;
  return { type, quality };
}

/** The most specific range that covers the type decides. */
function quality(ranges: readonly MediaRange[], type: string): number {
  for (const covering of [type, 'application/*', '*/*']) {
    const range = ranges.find(candidate => candidate.type === covering);
    if (range) return range.quality;
  }
  return 0;
}
