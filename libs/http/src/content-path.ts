import { LarderError } from '#kernel';

/** One path segment, decoded exactly once. */
export interface PathSegment {
  /** As sent. */
  readonly raw: string;
  /** Decoded. Contains a slash only where the format allows encoded slashes. */
  readonly text: string;
}

/** The path of a content request below its repository, checked and decoded once. Empty segments (`//`) are dropped. */
export interface ContentPath {
  readonly segments: readonly PathSegment[];
  readonly trailingSlash: boolean;
}

const maxPathBytes = 4096;
// Control characters are what this expression is for.
// oxlint-disable-next-line no-control-regex
const forbiddenCharacters = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\\]/;
// oxlint-disable-next-line no-control-regex
const beyondAscii = /[^\u0000-\u007f]/;

/**
 * Splits the raw path at `/` and decodes each segment once. Nothing behind this line decodes again.
 * @throws invalid-request for bad percent-encoding, `.` and `..` (also inside an allowed encoded slash), NUL, control characters,
 * backslash, characters that turn text around or that some file system folds into dots and slashes (NFKC), a segment that is still percent-encoded dots or slashes after decoding, an encoded slash that the format does not allow, or more than 4 KiB.
 */
export function parseContentPath(rawPath: string, options: { encodedSlashes?: boolean } = {}): ContentPath {
  if (rawPath.length > maxPathBytes)
    throw new LarderError('invalid-request', `The path is longer than ${maxPathBytes} bytes.`);
  const segments: PathSegment[] = [];
  for (const raw of rawPath.split('/')) {
    if (raw !== '') segments.push({ raw, text: decodeSegment(raw, options.encodedSlashes === true) });
  }
  return { segments, trailingSlash: rawPath.endsWith('/') && segments.length > 0 };
}

function decodeSegment(raw: string, encodedSlashes: boolean): string {
  const text = raw.includes('%') ? percentDecode(raw) : raw;
  if (forbiddenCharacters.test(text)) throw badPath('a control character or a backslash');
  if (/%(?:2e|2f|5c|00|25)/i.test(text)) throw badPath('a part that is percent-encoded twice');
  if (beyondAscii.test(text) && imitatesPath(text)) throw badPath('characters that stand for dots or slashes');
  const pieces = text.includes('/') ? text.split('/') : [text];
  if (pieces.length > 1 && !encodedSlashes) throw badPath('an encoded slash');
  if (pieces.some(piece => piece === '.' || piece === '..' || piece === ''))
    throw badPath('a part "." or ".." or an empty part');
  return text;
}

/** Full-width and other compatibility forms: `\uff0e\uff0e` is `..` to whoever normalises. */
function imitatesPath(text: string): boolean {
  const folded = text.normalize('NFKC');
  const slashes = (of: string): number => of.split(/[/\\]/).length;
  return slashes(folded) !== slashes(text) || folded.split('/').some(piece => piece === '.' || piece === '..');
}

function percentDecode(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch (cause) {
    throw new LarderError('invalid-request', 'The path has a bad percent-encoding.', { cause });
  }
}

function badPath(what: string): LarderError {
  return new LarderError('invalid-request', `The path contains ${what}, which no path of a repository may have.`);
}
