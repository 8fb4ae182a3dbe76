import { manifestInvalid } from './oci-error.js';

const maxDepth = 32;

/** What an object or array of the document is for us; only keys of the root and of descriptors are compared. */
type Role = 'root' | 'descriptor' | 'descriptor-list' | 'other';

interface Container {
  readonly role: Role;
  readonly isArray: boolean;
  readonly seen: Set<string>;
  expectsKey: boolean;
  /** The key that was read last: what the next value is. */
  key: string;
}

const knownKeys: Record<'root' | 'descriptor', ReadonlyMap<string, string>> = {
  root: byFold([
    'schemaVersion',
    'mediaType',
    'artifactType',
    'config',
    'layers',
    'manifests',
    'subject',
    'annotations',
    'fsLayers',
    'history',
  ]),
  descriptor: byFold(['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType']),
};

/**
 * Parses a manifest so that it can be read in one way only. Clients written in Go match keys without regard to case and take the last of several; a
 * document with `layers` and `Layers`, or with `config` twice, would show them other layers than it shows this server (compare CVE-2021-41190).
 * @throws invalid-package for anything but UTF-8 JSON with an object at the top, at most 32 levels, and unambiguous keys
 */
export function parseStrictJson(bytes: Buffer): Readonly<Record<string, unknown>> {
  const text = decode(bytes);
  refuseAmbiguity(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw manifestInvalid('The manifest is not valid JSON.');
  }
  if (!isObject(value)) throw manifestInvalid('The manifest must be a JSON object.');
  return value;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function decode(bytes: Buffer): string {
  if (bytes.length === 0) throw manifestInvalid('The manifest is empty.');
  try {
    // With ignoreBOM the mark stays in the text, and JSON does not allow one.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw manifestInvalid('The manifest is not valid UTF-8.');
  }
}

/** One pass over the text, before it is parsed. It need not be valid JSON: what is wrong with it besides is the parser's business. */
function refuseAmbiguity(text: string): void {
  const open: Container[] = [];
  for (let at = 0; at < text.length; at++) {
    const container = open.at(-1);
    switch (text[at]) {
      case '"': {
        const end = endOfString(text, at);
        if (container?.expectsKey) readKey(container, text.slice(at, end + 1));
        at = end;
        break;
      }
      case '{':
      case '[':
        open.push(newContainer(container, text[at] === '['));
        if (open.length > maxDepth) throw manifestInvalid(`The manifest is nested deeper than ${maxDepth} levels.`);
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (container && !container.isArray) container.expectsKey = true;
        break;
    }
  }
}

/** Index of the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at;
    at += code === 0x5c ? 2 : 1;
  }
  return text.length;
}

function newContainer(parent: Container | undefined, isArray: boolean): Container {
  return { role: roleOf(parent, isArray), isArray, seen: new Set(), expectsKey: !isArray, key: '' };
}

function roleOf(parent: Container | undefined, isArray: boolean): Role {
  if (!parent) return isArray ? 'other' : 'root';
  if (parent.role === 'descriptor-list') return isArray ? 'other' : 'descriptor';
  if (parent.role !== 'root') return 'other';
  if (isArray) return parent.key === 'layers' || parent.key === 'manifests' ? 'descriptor-list' : 'other';
  return parent.key === 'config' || parent.key === 'subject' ? 'descriptor' : 'other';
}

function readKey(container: Container, literal: string): void {
  container.expectsKey = false;
  if (container.role !== 'root' && container.role !== 'descriptor') return;
  const key = unescape(literal);
  const folded = fold(key);
  if (container.seen.has(folded))
    throw manifestInvalid(`The manifest has the key "${key.slice(0, 80)}" twice, or in two spellings.`);
  const known = knownKeys[container.role].get(folded);
  if (known !== undefined && known !== key)
    throw manifestInvalid(`The manifest writes the key "${known}" as "${key.slice(0, 80)}".`);
  container.seen.add(folded);
  container.key = key;
}

/** Escapes may hide a letter: `\u006cayers`. */
function unescape(literal: string): string {
  try {
    return String(JSON.parse(literal));
  } catch {
    throw manifestInvalid('The manifest is not valid JSON.');
  }
}

/** Both ways, because of the long s and the Kelvin sign, which Go's comparison folds too. */
function fold(key: string): string {
  return key.toUpperCase().toLowerCase();
}

function byFold(keys: readonly string[]): ReadonlyMap<string, string> {
  return new Map(keys.map(key => [fold(key), key]));
}
