import { LarderError } from '#kernel';

const poisonous = new Set(['__proto__', 'constructor', 'prototype']);

export interface JsonLimits {
  /** Default 64. */
  readonly depth?: number;
  /** Default 10,000 object keys in all. */
  readonly keys?: number;
  /** Names such as `constructor` are legal where keys are data (dependency maps): then only `__proto__` is refused. */
  readonly dataKeys?: boolean;
  /** Refuses a key that stands twice in one object, which two readers of the same text may understand differently. */
  readonly uniqueKeys?: boolean;
}

/**
 * Parses JSON from a client: UTF-8, bounded depth and number of keys, no key that could reach an object's prototype.
 * @throws invalid-request
 */
export function parseJson(body: Buffer | string, limits: JsonLimits = {}): unknown {
  let text: string;
  let value: unknown;
  try {
    text = typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body);
    value = JSON.parse(text);
  } catch (cause) {
    throw new LarderError('invalid-request', 'The body is not valid JSON.', { cause });
  }
  check(value, limits);
  if (limits.uniqueKeys) refuseDuplicateKeys(text);
  return value;
}

/** A string, or one of the characters that tell where keys stand. Matched from one token to the next: linear. */
const jsonToken = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

/** The text has been parsed, so it is well formed and no deeper than the limit. */
function refuseDuplicateKeys(text: string): void {
  // One entry for each open object or array; undefined for arrays.
  const open: (Set<string> | undefined)[] = [];
  let keyFollows = false;
  for (const [token] of text.matchAll(jsonToken)) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (keyFollows && token !== ',') {
      const key = JSON.parse(token) as string;
      const seen = open.at(-1)!;
      if (seen.has(key))
        throw new LarderError(
          'invalid-request',
          `The JSON body has the key "${key.slice(0, 80)}" twice in one object.`,
        );
      seen.add(key);
    }
    keyFollows = (token === '{' || token === ',') && open.at(-1) !== undefined;
  }
}

function check(root: unknown, limits: JsonLimits): void {
  const maxDepth = limits.depth ?? 64;
  const maxKeys = limits.keys ?? 10_000;
  let keys = 0;
  // Only what may hold something waits here: a body of a hundred thousand keys is checked in milliseconds.
  const open: { value: object; depth: number }[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null) return;
    if (depth >= maxDepth)
      throw new LarderError('invalid-request', `The JSON body is nested deeper than ${maxDepth} levels.`);
    open.push({ value, depth });
  };
  visit(root, 0);
  for (let entry = open.pop(); entry; entry = open.pop()) {
    const { value, depth } = entry;
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) visit(item, depth + 1);
      continue;
    }
    for (const key of Object.keys(value)) {
      if (++keys > maxKeys) throw new LarderError('invalid-request', `The JSON body has more than ${maxKeys} keys.`);
      if (limits.dataKeys ? key === '__proto__' : poisonous.has(key))
        throw new LarderError('invalid-request', `The JSON body has a key named ${key}, which is not taken.`);
      visit((value as Readonly<Record<string, unknown>>)[key], depth + 1);
    }
  }
}
