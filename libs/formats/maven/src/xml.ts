import { setImmediate } from 'node:timers/promises';
import { SaxesParser } from 'saxes';
import { LarderError } from '#kernel';
import { latin1Entities } from './xml-entities.js';

/** An element without its attributes: Maven's documents keep nothing in them that a repository needs. */
export interface XmlElement {
  /** Without a namespace prefix. Comes from a client: never a key of a plain object. */
  readonly name: string;
  /** The element's own text, trimmed. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** Depth and number of elements of a document. */
export const xmlLimits = { depth: 64, elements: 200_000 } as const;

/** Characters handed to the parser at a time; between pieces other requests get their turn. */
const pieceLength = 64 * 1024;

/** `undefined` when the document declares an encoding that is not known: its bytes are kept and nothing is read from it. */
export function decodeXml(bytes: Buffer): string | undefined {
  const label = encodingOf(bytes);
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return undefined;
  }
}

function encodingOf(bytes: Buffer): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0 && bytes[1] === 0x3c) return 'utf-16be';
  if (bytes[0] === 0x3c && bytes[1] === 0) return 'utf-16le';
  const declaration = bytes.subarray(0, 200).toString('latin1');
  return (
    /^(?:\u00ef\u00bb\u00bf)?<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/.exec(declaration)?.[1] ??
    'utf-8'
  );
}

/**
 * Reads a document into a small tree, without document types, external entities or network. The known names of HTML's Latin-1 entities are
 * text, because old POMs use them and Maven's own parser accepts them.
 * @throws invalid-package for anything that is not well-formed, has a document type or exceeds the limits. `what` names the document in the message.
 */
export async function parseXml(text: string, what: string): Promise<XmlElement> {
  const builder = new TreeBuilder(what);
  const parser = new SaxesParser();
  Object.assign(parser.ENTITIES, latin1Entities);
  parser.on('doctype', () => {
    throw refusal(what, 'has a document type declaration (<!DOCTYPE), which is not accepted; remove it');
  });
  parser.on('opentag', tag => builder.open(tag.name));
  parser.on('closetag', () => builder.close());
  parser.on('text', piece => builder.text(piece));
  parser.on('cdata', piece => builder.text(piece));
  try {
    for (let start = 0; start < text.length; start += pieceLength) {
      if (start > 0) await setImmediate();
      parser.write(text.slice(start, start + pieceLength));
    }
    parser.close();
  } catch (cause) {
    if (cause instanceof LarderError) throw cause;
    throw refusal(what, `is not well-formed XML (${(cause as Error).message.slice(0, 120)})`, cause);
  }
  return builder.root();
}

function refusal(what: string, fault: string, cause?: unknown): LarderError {
  return new LarderError('invalid-package', `The ${what} ${fault}.`, { cause });
}

interface OpenElement {
  name: string;
  text: string;
  children: XmlElement[];
}

class TreeBuilder {
  private readonly path: OpenElement[] = [];
  private result: XmlElement | undefined;
  private elements = 0;

  constructor(private readonly what: string) {}

  open(name: string): void {
    this.elements++;
    if (this.elements > xmlLimits.elements) throw refusal(this.what, `has more than ${xmlLimits.elements} elements`);
    if (this.path.length >= xmlLimits.depth)
      throw refusal(this.what, `is nested deeper than ${xmlLimits.depth} elements`);
    this.path.push({ name: name.slice(name.indexOf(':') + 1), text: '', children: [] });
  }

  close(): void {
    const element = this.path.pop()!;
    const closed: XmlElement = { name: element.name, text: element.text.trim(), children: element.children };
    const parent = this.path[this.path.length - 1];
    if (parent) parent.children.push(closed);
    else this.result = closed;
  }

  text(piece: string): void {
    const element = this.path[this.path.length - 1];
    if (element) element.text += piece;
  }

  root(): XmlElement {
    if (!this.result) throw refusal(this.what, 'is empty');
    return this.result;
  }
}

/** The first child of that name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find(candidate => candidate.name === name);
}

/** The children `item` of the child `list`: `<licenses><license/>…`. */
export function items(element: XmlElement | undefined, list: string, item: string): XmlElement[] {
  return child(element, list)?.children.filter(candidate => candidate.name === item) ?? [];
}

/** The text of a child; undefined when there is none or it is empty. */
export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  return child(element, name)?.text || undefined;
}

/** For element content: what XML would read as markup. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
