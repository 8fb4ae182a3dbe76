import type { Readable } from 'node:stream';
import type { Method, RawAnswer } from './http-exchange.js';
import { parseRetryAfter } from './retry-after.js';
import { tooLarge } from './response-body.js';
import { UpstreamFailure } from './upstream-failure.js';

export interface UpstreamResponse {
  /** 200, 206, 304, 404 or 410. */
  readonly status: number;
  /** `absent`: a definite no (404, 410). */
  readonly kind: 'ok' | 'not-modified' | 'absent';
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** After redirects. May hold a signature: not for logs. */
  readonly finalUrl: string;
  /** Must be read to its end or destroyed: it holds one of the upstream's places. Empty for HEAD, 304, 404 and 410. */
  readonly body: Readable;
  /** Bytes of the body as they will be read; of a HEAD's answer: what a GET would give. undefined: unknown, or inflated on the way. */
  readonly contentLength?: number;
  /** Bytes of the whole file, for a 206 too. */
  readonly totalBytes?: number;
  readonly etag?: string;
  readonly lastModified?: string;
}

export interface AnswerExpectations {
  readonly method: Method;
  readonly rangeStart: number | undefined;
  readonly conditional: boolean;
  readonly gunzip: boolean;
  readonly maxBytes: number | undefined;
}

export interface Lengths {
  readonly contentLength: number | undefined;
  readonly totalBytes: number | undefined;
}

/** An answer that is none for us, as the failure that it means; undefined when the answer can be used. */
export function failureOfStatus(
  answer: RawAnswer,
  expected: AnswerExpectations,
  nowMs: number,
): UpstreamFailure | undefined {
  const { status, headers } = answer;
  if (status === 200 || status === 404 || status === 410) return undefined;
  if (status === 206 && expected.rangeStart !== undefined) return undefined;
  if (status === 304 && expected.conditional) return undefined;
  const retryAfterSeconds = parseRetryAfter(headers['retry-after'], nowMs);
  if (status === 429 || (status === 503 && retryAfterSeconds !== undefined)) {
    // Without a header half a minute is what most registries' windows can bear.
    const options = { status, headers, retryAfterSeconds: retryAfterSeconds ?? 30 };
    return new UpstreamFailure('limited', `The upstream limits us (${status}).`, options);
  }
  if ([401, 402, 403, 407, 451].includes(status)) {
    return new UpstreamFailure('refused', `The upstream refused us (${status}). Check its credentials.`, {
      status,
      headers,
    });
  }
  if (status >= 500)
    return new UpstreamFailure('server-error', `The upstream failed (${status}).`, { status, headers });
  return new UpstreamFailure('invalid', `The upstream gave an answer that does not fit (${status}).`, {
    status,
    headers,
  });
}

/**
 * The lengths that an answer announces, checked against what was asked for.
 * @throws UpstreamFailure invalid, too-large
 */
export function lengthsOf({ status, headers }: RawAnswer, expected: AnswerExpectations): Lengths {
  const announced = parseLength(headers['content-length']);
  if (status === 206) return rangeLengths(headers['content-range'], announced, expected.rangeStart!);
  const contentLength = expected.gunzip ? undefined : announced;
  if (expected.maxBytes !== undefined && announced !== undefined && announced > expected.maxBytes) throw tooLarge();
  return { contentLength, totalBytes: contentLength };
}

/** The start must be what was asked for; the total may be unknown (`bytes 5-9/*`). */
function rangeLengths(contentRange: string | undefined, announced: number | undefined, start: number): Lengths {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(contentRange?.trim() ?? '');
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  const total = match?.[3] === undefined || match[3] === '*' ? undefined : Number(match[3]);
  const length = last - first + 1;
  const fits =
    first === start && length > 0 && (announced ?? length) === length && (total === undefined || last < total);
  if (!fits)
    throw new UpstreamFailure('invalid', 'The upstream sent another range than it was asked for.', { status: 206 });
  return { contentLength: length, totalBytes: total };
}

/** How the content is encoded beyond what was asked for. @throws UpstreamFailure invalid */
export function isGzip(answer: RawAnswer, decompress: boolean): boolean {
  const encoding = (answer.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (!decompress || encoding === 'identity' || encoding === '') return false;
  if (encoding === 'gzip' || encoding === 'x-gzip') return true;
  throw new UpstreamFailure('invalid', 'The upstream sent content in an encoding that it was not asked for.');
}

function parseLength(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
