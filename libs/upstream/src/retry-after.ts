/** 300 s: an upstream that asks for more is asked again then, so that a wrong header cannot switch it off for days. */
const longestSeconds = 300;

/** Reads `Retry-After`, seconds or a date (RFC 9110 section 10.2.3), as whole seconds from 1 to 300; undefined when it is missing or unreadable. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  // `Date.parse` takes far more than dates of HTTP, "-5" among it.
  if (!/^(?:\d{1,10}$|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))/.test(text)) return undefined;
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - nowMs) / 1000);
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(seconds, 1), longestSeconds);
}
