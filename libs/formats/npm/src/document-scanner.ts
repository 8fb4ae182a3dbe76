import { LarderError } from '#kernel';

const quote = 0x22;
const backslash = 0x5c;
const openObject = 0x7b;
const closeObject = 0x7d;
const openArray = 0x5b;
const closeArray = 0x5d;
const comma = 0x2c;

/** Keys are watched down to the attachment's own: `_attachments` / file name / `data`. */
const watchedDepth = 3;
/** JSON deeper than this is nobody's package.json. */
const maxDepth = 64;
const unwatched: Set<string> = new Set();

interface Level {
  readonly isObject: boolean;
  readonly seen: Set<string>;
  key: string | undefined;
  expectsKey: boolean;
}

/**
 * Collects a JSON text and stops where the data of a tarball begins. It knows strings, braces and brackets, which is enough to
 * know where it is; whether the text is valid JSON is decided by the parser that reads what was collected.
 */
export class DocumentScanner {
  private text = Buffer.allocUnsafe(64 * 1024);
  private length = 0;
  private position = 0;
  private inString = false;
  private stringIsKey = false;
  private stringStart = 0;
  private readonly levels: Level[] = [];

  constructor(private readonly maxBytes: number) {}

  /**
   * Takes a chunk. Gives what follows the opening quote of a tarball's data, once it gets there; then `resume` must be called next.
   * @throws too-large, invalid-request for a duplicate key
   */
  scan(chunk: Buffer): Buffer | undefined {
    const before = this.length;
    this.append(chunk);
    while (this.position < this.length) {
      if (this.inString ? this.passString() : this.passToken()) {
        const rest = chunk.subarray(this.position - before);
        this.length = this.position;
        this.checkSize();
        return rest;
      }
    }
    this.checkSize();
    return undefined;
  }

  /** Goes on behind the closing quote of the data. */
  resume(rest: Buffer): Buffer | undefined {
    this.append(Buffer.of(quote));
    this.position = this.length;
    this.inString = false;
    return this.scan(rest);
  }

  /** @throws invalid-request when the text is empty or ends in the middle */
  finish(): Buffer {
    if (this.length === 0)
      throw new LarderError('invalid-request', 'The request has no body. Send a publish document as JSON.');
    if (this.inString || this.levels.length > 0) {
      throw new LarderError('invalid-request', 'Request body is not valid JSON: it ends early. Send it again.');
    }
    return this.text.subarray(0, this.length);
  }

  /** Moves over one byte outside strings. True where a tarball's data begins. */
  private passToken(): boolean {
    const byte = this.text[this.position++]!;
    const level = this.levels.at(-1);
    switch (byte) {
      case quote:
        this.inString = true;
        this.stringStart = this.position - 1;
        this.stringIsKey = level !== undefined && level.isObject && level.expectsKey;
        return !this.stringIsKey && this.atTarballData();
      case openObject:
      case openArray:
        this.open(byte === openObject);
        return false;
      case closeObject:
      case closeArray:
        this.levels.pop();
        return false;
      case comma:
        if (level?.isObject) level.expectsKey = true;
        return false;
      default:
        return false;
    }
  }

  private open(isObject: boolean): void {
    if (this.levels.length === maxDepth) {
      throw new LarderError('invalid-request', `Request body is nested deeper than ${maxDepth} levels.`);
    }
    const seen = this.levels.length < watchedDepth ? new Set<string>() : unwatched;
    this.levels.push({ isObject, seen, key: undefined, expectsKey: isObject });
  }

  /** Moves to the end of the string or of what has arrived. */
  private passString(): false {
    const { text, length } = this;
    let position = this.position;
    while (position < length) {
      const byte = text[position++]!;
      if (byte === backslash) position++;
      else if (byte === quote) {
        this.inString = false;
        this.position = position;
        if (this.stringIsKey) this.takeKey();
        return false;
      }
    }
    // A backslash that ends the chunk has moved the position one beyond it: the escaped byte is skipped when it comes.
    this.position = position;
    return false;
  }

  private takeKey(): void {
    const level = this.levels.at(-1)!;
    level.expectsKey = false;
    if (this.levels.length > watchedDepth) return;
    const key = parseKey(this.text.toString('utf8', this.stringStart, this.position));
    if (level.seen.has(key)) {
      throw new LarderError(
        'invalid-request',
        `Request body is not valid JSON: the key "${key.slice(0, 80)}" stands twice in one object.`,
      );
    }
    level.seen.add(key);
    level.key = key;
  }

  private atTarballData(): boolean {
    if (this.levels.length !== watchedDepth) return false;
    const [top, file, property] = this.levels;
    return top?.key === '_attachments' && file?.key?.endsWith('.tgz') === true && property?.key === 'data';
  }

  private append(chunk: Buffer): void {
    const needed = this.length + chunk.length;
    if (needed > this.text.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.text.length * 2));
      this.text.copy(larger, 0, 0, this.length);
      this.text = larger;
    }
    chunk.copy(this.text, this.length);
    this.length = needed;
  }

  private checkSize(): void {
    if (this.length > this.maxBytes) {
      throw new LarderError(
        'too-large',
        `The publish document without its tarball is larger than ${this.maxBytes / 1024 / 1024} MiB. Move large fields of package.json into files.`,
      );
    }
  }
}

function parseKey(text: string): string {
  // Most keys have no escapes, and there may be very many. What else may be wrong with them the parser of the whole document finds.
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch (cause) {
    throw new LarderError('invalid-request', 'Request body is not valid JSON: a key is malformed.', { cause });
  }
}
