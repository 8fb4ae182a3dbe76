/** On every answer below `/v2`; old clients look for the first. */
export const commonHeaders: Readonly<Record<string, string>> = {
  'Docker-Distribution-Api-Version': 'registry/2.0',
  'X-Content-Type-Options': 'nosniff',
};

/** `Range` of an upload: the index of the last byte stored. An empty one is `0-0` too, because dockerd cannot read `0--1`. */
export function uploadRange(offsetBytes: number): string {
  return `0-${Math.max(0, offsetBytes - 1)}`;
}

/** Inclusive first and last byte of a chunk. */
export interface ChunkRange {
  readonly start: number;
  readonly end: number;
}

/**
 * `Content-Range` of an upload chunk: `<start>-<end>` without a unit (distribution specification), or `bytes <start>-<end>/<total or *>` as older clients
 * write it. Undefined when it is neither, or runs backwards.
 */
export function parseChunkRange(header: string): ChunkRange | undefined {
  const [, start, end] = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/.exec(header.trim()) ?? [];
  if (start === undefined || end === undefined || Number(end) < Number(start)) return undefined;
  return { start: Number(start), end: Number(end) };
}

/** `Warning: 299 - "text"` (distribution specification, "Warnings"): no agent, no date, at most 4,096 bytes. */
export function warningHeader(texts: readonly string[]): Record<string, string> {
  if (texts.length === 0) return {};
  const lines = texts.map(text => `299 - "${text.replace(/[\\"]/g, '\\$&').replace(/[^\x20-\x7e]/g, '?')}"`);
  return { Warning: lines.join(', ').slice(0, 4096) };
}

/** A link to the next page, relative, in the URL shape of the request (RFC 8288). */
export function nextPage(path: string, query: readonly (readonly [string, string])[]): Record<string, string> {
  const text = query.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
  return { Link: `<${path}?${text}>; rel="next"` };
}

/** Path of an endpoint of the request's image, as clients see it: links are relative, in the URL shape of the request. */
export function imageUrl(ctx: { repository: { name: string }; params: { image: string } }, endpoint: string): string {
  return `/v2/${ctx.repository.name}/${ctx.params.image}/${endpoint}`;
}

/** True when `If-None-Match` names the digest: quoted, unquoted, weak, in a list, or `*`. */
export function matchesEtag(header: string | undefined, digest: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some(part => {
    const tag = part
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1');
    return tag === '*' || tag === digest;
  });
}
