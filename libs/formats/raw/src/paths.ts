import type { ContentPath } from '#http';
import { LarderError } from '#kernel';

const longestPathBytes = 1_024;
const longestPartBytes = 255;
const permanent = /^(.+)@(sha256:[a-f0-9]{64})$/;

/** A file as clients name it: by its path, which may be published again, or by path and digest, which never changes. */
export interface RawPath {
  readonly path: string;
  /** Present when the URL named exact bytes: `<path>@sha256:<hex>`. */
  readonly digest: string | undefined;
}

/** @throws invalid-name for a path that is too long or not in normal form */
export function parseRawPath(path: ContentPath): RawPath {
  const parts = path.segments.map(segment => segment.text);
  const text = parts.join('/');
  if (Buffer.byteLength(text) > longestPathBytes)
    throw new LarderError('invalid-name', `The path is longer than ${longestPathBytes} bytes.`);
  if (parts.some(part => Buffer.byteLength(part) > longestPartBytes)) {
    throw new LarderError('invalid-name', `A part of the path is longer than ${longestPartBytes} bytes.`);
  }
  if (text !== text.normalize('NFC'))
    throw new LarderError(
      'invalid-name',
      'The path is not in Unicode normal form C; two spellings of one name would be two files.',
    );
  const match = permanent.exec(text);
  return match ? { path: match[1]!, digest: match[2]! } : { path: text, digest: undefined };
}

/** Where a version's bytes stand in the catalog: the path that never changes. */
export function permanentPath(path: string, digest: string): string {
  return `${path}@${digest}`;
}
