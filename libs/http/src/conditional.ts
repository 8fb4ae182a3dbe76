import type { IncomingMessage } from 'node:http';

/**
 * True when a validator of the request says that the client has this representation (RFC 9110 section 13.2.2): `If-None-Match` wins over
 * `If-Modified-Since`; without a validator never.
 */
export function isNotModified(req: IncomingMessage, etag: string, lastModified: Date | undefined): boolean {
  const ifNoneMatch = req.headers['if-none-match'];
  if (ifNoneMatch !== undefined) return matchesEtag(ifNoneMatch, etag);
  const since = req.headers['if-modified-since'];
  if (since === undefined || lastModified === undefined) return false;
  const time = Date.parse(since);
  return !Number.isNaN(time) && Math.floor(lastModified.getTime() / 1000) * 1000 <= time;
}

/** Weak comparison of an entity-tag with a list of them or `*`. */
export function matchesEtag(list: string, etag: string): boolean {
  if (list.trim() === '*') return true;
  return list.split(',').some(entry => entry.trim().replace(/^W\//, '') === etag);
}

/** True when `If-Range` is absent or names exactly this strong validator; otherwise the range is to be ignored. */
export function ifRangeHolds(req: IncomingMessage, etag: string, lastModified: Date | undefined): boolean {
  const ifRange = req.headers['if-range'];
  if (typeof ifRange !== 'string') return true;
  if (ifRange.startsWith('"')) return ifRange === etag;
  return lastModified !== undefined && Date.parse(ifRange) === Math.floor(lastModified.getTime() / 1000) * 1000;
}
