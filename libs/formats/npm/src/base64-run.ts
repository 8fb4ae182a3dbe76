import { LarderError } from '#kernel';

const quote = 0x22;
const backslash = 0x5c;

/** A base64 string in a JSON text, decoded on the way. */
export interface Base64Run {
  readonly bytes: AsyncIterable<Buffer>;
  /** What follows the closing quote in the last chunk. Only after `bytes` has been read to its end. */
  rest(): Buffer;
}

/**
 * Decodes from just behind the opening quote to the closing one. Whole slices are searched and decoded by native code; nothing is
 * done per character, so that a gigabyte costs about a second.
 * @param first the text behind the opening quote, as far as it has arrived
 * @throws invalid-request unless the text is strict base64: no white space, no other alphabet, right padding, nothing behind it
 */
export function decodeBase64Run(first: Buffer, chunks: AsyncIterator<Buffer>): Base64Run {
  let rest: Buffer | undefined;
  async function* decode(): AsyncGenerator<Buffer> {
    const decoder = new StrictBase64();
    for (let chunk = first; ;) {
      const end = chunk.indexOf(quote);
      const decoded = decoder.push(end === -1 ? chunk : chunk.subarray(0, end));
      if (decoded.length > 0) yield decoded;
      if (end !== -1) {
        rest = chunk.subarray(end + 1);
        break;
      }
      const next = await chunks.next();
      if (next.done)
        throw new LarderError('invalid-request', 'The request body ends inside the attachment. Send it again.');
      chunk = next.value;
    }
    const last = decoder.end();
    if (last.length > 0) yield last;
  }
  return {
    bytes: decode(),
    rest() {
      if (rest === undefined) throw new Error('the base64 run has not been read to its end');
      return rest;
    },
  };
}

/** Keeps back the last one to four characters, so that padding can only be met at the end. */
class StrictBase64 {
  private kept = '';
  private keptEscape = '';

  push(slice: Buffer): Buffer {
    const text = this.kept + this.unescape(slice);
    const whole = text.length === 0 ? 0 : (text.length - 1) & ~3;
    this.kept = text.slice(whole);
    return whole === 0 ? Buffer.alloc(0) : decodeGroups(text.slice(0, whole));
  }

  end(): Buffer {
    if (this.keptEscape !== '' || this.kept.length % 4 !== 0) throw notBase64();
    if (this.kept === '') return Buffer.alloc(0);
    const decoded = Buffer.from(this.kept, 'base64');
    // Encoding again finds every deviation at once: a foreign character, wrong padding, bits set below the padding.
    if (decoded.toString('base64') !== this.kept) throw notBase64();
    return decoded;
  }

  /** JSON writers may escape: PHP writes `\/`, .NET `\u002B`. An escape that is cut by the end of a chunk waits for the next one. */
  private unescape(slice: Buffer): string {
    if (this.keptEscape === '' && !slice.includes(backslash)) return slice.toString('latin1');
    const text = this.keptEscape + slice.toString('latin1');
    this.keptEscape = /\\(?:u[0-9a-fA-F]{0,3})?$/.exec(text)?.[0] ?? '';
    return text
      .slice(0, text.length - this.keptEscape.length)
      .replaceAll('\\/', '/')
      .replaceAll(/\\u00([2-7][0-9a-fA-F])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}

/** Node's decoder skips what it does not know and reads the URL alphabet too: the length shows the first, the searches the second. */
function decodeGroups(text: string): Buffer {
  const decoded = Buffer.from(text, 'base64');
  if (decoded.length !== (text.length / 4) * 3 || text.includes('-') || text.includes('_')) throw notBase64();
  return decoded;
}

function notBase64(): LarderError {
  return new LarderError(
    'invalid-request',
    'The attachment is not valid base64: the data must have no white space and the right padding.',
  );
}
