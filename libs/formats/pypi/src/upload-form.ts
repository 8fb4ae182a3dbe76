import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import { LarderError } from '#kernel';
import { humanBytes } from '#http';
import type { StagedBlob } from '#registry';

/** The multipart form of an upload, with its file in the staging folder. Whoever holds it must store or discard `content.staged`. */
export interface UploadForm {
  /** The fields that decide something; empty ones and the word UNKNOWN are absent. Metadata fields are not kept: the truth is in the file. */
  readonly fields: ReadonlyMap<string, string>;
  readonly content: UploadedContent;
}

export interface UploadedContent {
  /** As sent, with any path. */
  readonly fileName: string;
  readonly mediaType: string;
  readonly staged: StagedBlob;
}

/** Where the file of a form goes. */
export interface ContentSink {
  stage(source: Readable): Promise<StagedBlob>;
  discard(staged: StagedBlob): Promise<void>;
}

export const formLimits = { fields: 1000, fieldBytes: 1024 ** 2, totalBytes: 2 * 1024 ** 2 } as const;

const keptFields = new Set([
  ':action',
  'protocol_version',
  'filetype',
  'pyversion',
  'name',
  'version',
  'md5_digest',
  'sha256_digest',
  'blake2_256_digest',
]);

/**
 * Reads an upload (legacy upload API). The parts may come in any order: twine sends the control fields after the metadata, uv sends fields behind the file. The
 * file streams straight into the sink; of the rest at most the limits are in memory. When this fails, nothing remains staged.
 * @throws invalid-request naming the field, too-large, and what the sink throws
 */
export async function readUploadForm(req: IncomingMessage, sink: ContentSink): Promise<UploadForm> {
  const reading = new FormReading(sink);
  try {
    await reading.run(req, makeParser(req));
    return await reading.form();
  } catch (error) {
    await reading.discard();
    throw error;
  }
}

function makeParser(req: IncomingMessage): busboy.Busboy {
  if (!/^multipart\/form-data\s*;/i.test(req.headers['content-type'] ?? '')) {
    throw new LarderError(
      'invalid-request',
      'An upload must be a form of type multipart/form-data. Use twine or another uploader.',
    );
  }
  try {
    return busboy({
      headers: req.headers,
      // The name is checked as it was sent: cutting off a path would hide what the client tried.
      preservePath: true,
      defParamCharset: 'utf8',
      // One more than allowed, so that "too large" can be told from "just fits".
      limits: {
        fields: formLimits.fields,
        fieldSize: formLimits.fieldBytes + 1,
        headerPairs: 100,
        parts: formLimits.fields + 10,
      },
    });
  } catch (cause) {
    throw new LarderError('invalid-request', 'The form cannot be read: its Content-Type has no usable boundary.', {
      cause,
    });
  }
}

class FormReading {
  readonly #fields = new Map<string, string>();
  #textBytes = 0;
  #content: Omit<UploadedContent, 'staged'> | undefined;
  #staging: Promise<StagedBlob> | undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor(private readonly sink: ContentSink) {}

  /**
   * Resolves when the form has been read to its end. A refusal stops at once; the rest of the body is left to the server, which discards it once the
   * answer is out. `pipeline` would close the connection instead, and the client would see a broken pipe and not the reason.
   */
  run(req: IncomingMessage, parser: busboy.Busboy): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#fail = error => {
        req.unpipe(parser);
        parser.destroy();
        reject(error);
      };
      const cut = () =>
        this.#fail(new LarderError('invalid-request', 'The upload ended before the form was complete. Send it again.'));
      req.once('error', cut);
      req.once('close', () => !req.complete && cut());
      parser.on('error', cause =>
        this.#fail(new LarderError('invalid-request', 'The form is damaged or cut. Send it again.', { cause })),
      );
      parser.on('field', (name, value, info) => this.#guard(() => this.#addField(name, value, info)));
      parser.on('file', (name, stream, info) => this.#guard(() => this.#addFile(name, stream, info), stream));
      parser.on('fieldsLimit', () => this.#fail(badField(`The form has more than ${formLimits.fields} fields.`)));
      parser.on('partsLimit', () => this.#fail(badField(`The form has more than ${formLimits.fields} fields.`)));
      parser.on('close', resolve);
      req.pipe(parser);
    });
  }

  async form(): Promise<UploadForm> {
    if (!this.#content || !this.#staging) {
      throw badField('The upload payload does not have a file: the field "content" is missing.');
    }
    return { fields: this.#fields, content: { ...this.#content, staged: await this.#staging } };
  }

  /** Waits for the staging, whichever way it ends, so that nothing is written after the answer. */
  async discard(): Promise<void> {
    const staged = await this.#staging?.catch(() => undefined);
    if (staged) await this.sink.discard(staged);
  }

  #guard(step: () => void, stream?: Readable): void {
    // A part that is refused may still fail while it is thrown away.
    stream?.on('error', () => undefined);
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  #addField(name: string, value: string, info: busboy.FieldInfo): void {
    const shown = JSON.stringify(name.slice(0, 100));
    const bytes = Buffer.byteLength(value);
    this.#textBytes += bytes + name.length;
    if (info.valueTruncated || bytes > formLimits.fieldBytes) {
      throw new LarderError('too-large', `The field ${shown} is larger than ${humanBytes(formLimits.fieldBytes)}.`);
    }
    if (this.#textBytes > formLimits.totalBytes) {
      throw new LarderError(
        'too-large',
        `The form without its file is larger than ${humanBytes(formLimits.totalBytes)}.`,
      );
    }
    if (name === 'content') throw badField('The field "content" must be a file with a file name, not text.');
    if (!keptFields.has(name) || value === '' || value === 'UNKNOWN') return;
    if (this.#fields.has(name)) throw badField(`The field ${shown} stands in the form more than once.`);
    this.#fields.set(name, value);
  }

  #addFile(name: string, stream: Readable, info: busboy.FileInfo): void {
    // A detached signature (`twine --sign`) is taken and not kept: no installer reads it any more.
    if (name === 'gpg_signature') {
      stream.resume();
      return;
    }
    const shown = JSON.stringify(name.slice(0, 100));
    if (name !== 'content') throw badField(`The field ${shown} must be text, not a file.`);
    if (this.#content)
      throw badField('The field "content" stands in the form more than once; upload one file at a time.');
    if (!info.filename) throw badField('The field "content" must be a file with a file name.');
    this.#content = { fileName: info.filename, mediaType: info.mimeType };
    this.#staging = this.sink.stage(stream);
    this.#staging.catch(this.#fail);
  }
}

function badField(message: string): LarderError {
  return new LarderError('invalid-request', message);
}
