import { LarderError } from '#kernel';

/** The core metadata of a distribution: field names in lower case, values in the order of the file. */
export interface CoreMetadata {
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** The text behind the headers, which is the description since version 2.1; empty when there is none. */
  readonly body: string;
}

/** METADATA or PKG-INFO above this is refused. */
export const metadataLimitBytes = 4 * 1024 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses METADATA or PKG-INFO by the e-mail header rules of the core metadata specification: UTF-8, lines folded by a leading blank, body after an
 * empty line. Old setuptools marks the lines of a folded description by `|`; that mark is taken off.
 * @throws invalid-package for bad UTF-8, NUL, or a header line without a colon
 */
export function parseCoreMetadata(bytes: Buffer): CoreMetadata {
  const text = decode(bytes);
  const fields = new Map<string, string[]>();
  let last: string[] | undefined;
  let position = 0;
  while (position < text.length) {
    const newline = text.indexOf('\n', position);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(position, text[end - 1] === '\r' && end > position ? end - 1 : end);
    position = end + 1;
    if (line === '') break;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (!last) throw invalid('begins with a continuation line.');
      last.push(`${last.pop()!}\n${line.trimStart().replace(/^\|/, '')}`);
    } else {
      last = addField(fields, line);
    }
  }
  return { fields, body: text.slice(position) };
}

/** The values of a field. Empty ones and the word UNKNOWN, which old setuptools wrote for "not given", are absent. */
export function valuesOf(metadata: CoreMetadata, field: string): readonly string[] {
  return (metadata.fields.get(field.toLowerCase()) ?? []).filter(value => value !== '' && value !== 'UNKNOWN');
}

/** The only value of a field. @throws invalid-package when the field stands there more than once */
export function valueOf(metadata: CoreMetadata, field: string): string | undefined {
  const values = valuesOf(metadata, field);
  if (values.length > 1) throw invalid(`has the field ${field} more than once.`);
  return values[0];
}

export function descriptionOf(metadata: CoreMetadata): string | undefined {
  return valueOf(metadata, 'Description') ?? (metadata.body.trim() === '' ? undefined : metadata.body);
}

function decode(bytes: Buffer): string {
  try {
    const text = utf8.decode(bytes);
    if (text.includes('\u0000')) throw invalid('contains a NUL character.');
    return text;
  } catch (cause) {
    if (cause instanceof LarderError) throw cause;
    throw new LarderError(
      'invalid-package',
      'The metadata in the file is not valid UTF-8. Save the sources as UTF-8 and build again.',
      { cause },
    );
  }
}

function addField(fields: Map<string, string[]>, line: string): string[] {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (!/^[A-Za-z0-9-]+$/.test(name))
    throw invalid(`has a line that is no "Name: value": ${JSON.stringify(line.slice(0, 60))}.`);
  const key = name.toLowerCase();
  const values = fields.get(key) ?? [];
  fields.set(key, values);
  values.push(line.slice(colon + 1).trim());
  return values;
}

function invalid(what: string): LarderError {
  return new LarderError(
    'invalid-package',
    `The metadata in the file ${what} Build the distribution with a current build tool.`,
  );
}
