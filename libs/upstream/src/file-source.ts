import type { TransferStart } from './transfer-contract.js';
import type { Upstream, UpstreamRequest } from './upstream.js';
import type { UpstreamResponse } from './upstream-answer.js';
import { UpstreamFailure } from './upstream-failure.js';

export interface FileSourceOptions {
  /** Looks at the first answer, before a byte is stored: its media type, its checksums. What it throws ends the transfer. */
  readonly onAnswer?: (answer: UpstreamResponse) => void;
  /** 404 and 410. By default the transfer fails with `invalid`; give the error that says it in your words. */
  readonly absent?: (status: number) => Error;
}

/**
 * The source of a transfer from an upstream. A cut one is resumed by a range on condition that the file is still the same; without a strong
 * validator everything is asked for again, because nothing would vouch that two halves belong together.
 */
export function fileSource(
  upstream: Pick<Upstream, 'request'>,
  request: Omit<UpstreamRequest, 'method' | 'range' | 'validators' | 'signal'>,
  options: FileSourceOptions = {},
): TransferStart {
  let validators: { etag?: string; lastModified?: string } | undefined;
  let asked = false;
  return async (offset, signal) => {
    const resumes = offset > 0 && validators !== undefined;
    const answer = await upstream.request({
      ...request,
      method: 'GET',
      signal,
      ...(resumes && validators ? { range: { start: offset }, validators } : {}),
    });
    if (answer.kind !== 'ok') {
      answer.body.destroy();
      throw options.absent?.(answer.status) ?? new UpstreamFailure('invalid', 'The upstream does not have the file.');
    }
    try {
      if (!asked) options.onAnswer?.(answer);
    } catch (error) {
      answer.body.destroy();
      throw error;
    }
    asked = true;
    validators ??= strongValidators(answer);
    return { body: answer.body, offset: answer.status === 206 ? offset : 0, totalBytes: answer.totalBytes };
  };
}

function strongValidators({
  etag,
  lastModified,
  headers,
}: UpstreamResponse): { etag?: string; lastModified?: string } | undefined {
  if (headers['accept-ranges']?.toLowerCase() === 'none') return undefined;
  if (etag !== undefined && !etag.startsWith('W/')) return { etag };
  return lastModified === undefined ? undefined : { lastModified };
}
