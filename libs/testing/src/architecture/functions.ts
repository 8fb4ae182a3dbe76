import { lineAt } from './source-text.js';

export interface FunctionSize {
  readonly name: string;
  /** Where it begins, from 1. */
  readonly line: number;
  readonly lines: number;
  readonly parameters: number;
}

const notFunctions = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'await', 'return']);
const wordsBeforeType = new Set(['is', 'keyof', 'typeof', 'readonly', 'asserts', 'infer', 'unique', 'extends']);

/** The functions, methods and arrow functions with a body in blanked code (`readSource`). Declarations without a body are not among them. */
export function functionsIn(code: string): FunctionSize[] {
  const found: FunctionSize[] = [];
  for (let open = code.indexOf('('); open !== -1; open = code.indexOf('(', open + 1)) {
    const name = /([\w$#]+)\s*(?:<[^()]*>)?\s*$/.exec(code.slice(Math.max(0, open - 200), open))?.[1] ?? '';
    if (notFunctions.has(name)) continue;
    const close = matching(code, open);
    const end = bodyEnd(code, close + 1);
    if (end === undefined) continue;
    const first = lineAt(code, open);
    found.push({
      name: name === '' || name === 'async' ? '(anonymous)' : name,
      line: first,
      lines: lineAt(code, end) - first + 1,
      parameters: countParts(code.slice(open + 1, close)),
    });
  }
  return found;
}

/** Position of the bracket that closes the one at `open`; the end of the code if none does. */
export function matching(code: string, open: number): number {
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    if (opens(code[i])) depth++;
    else if (code[i] === ')' || code[i] === ']' || code[i] === '}') {
      depth--;
      if (depth === 0) return i;
    }
  }
  return code.length;
}

/** Parts of a list between commas, where commas inside brackets and type arguments do not count. A trailing comma ends no further part. */
export function countParts(list: string): number {
  let depth = 0;
  let parts = 0;
  let filled = false;
  for (let i = 0; i < list.length; i++) {
    const char = list[i]!;
    if (char === '=' && list[i + 1] === '>') i++;
    else if ('([{<'.includes(char)) depth++;
    else if (')]}>'.includes(char)) depth--;
    if (char === ',' && depth === 0) {
      parts++;
      filled = false;
    } else if (!/\s/.test(char)) filled = true;
  }
  return filled ? parts + 1 : parts;
}

/** Where the function ends whose parameter list ended just before `from`; undefined when no body follows. */
function bodyEnd(code: string, from: number): number | undefined {
  const at = skipSpace(code, from);
  if (code[at] === '{') return matching(code, at);
  if (code.startsWith('=>', at)) return arrowEnd(code, at + 2);
  return code[at] === ':' ? bodyEndAfterType(code, at + 1) : undefined;
}

function bodyEndAfterType(code: string, from: number): number | undefined {
  let typeMayBegin = true;
  let functionType = false;
  for (let i = from; i < code.length;) {
    const char = code[i]!;
    if (code.startsWith('=>', i)) {
      if (!functionType) return arrowEnd(code, i + 2);
      [typeMayBegin, functionType, i] = [true, false, i + 2];
    } else if (char === '{' && !typeMayBegin) return matching(code, i);
    else if (opens(char)) {
      functionType = char === '(' && typeMayBegin;
      [typeMayBegin, i] = [false, matching(code, i) + 1];
    } else if (char === '<') [typeMayBegin, i] = [false, endOfTypeArguments(code, i)];
    else if (/[;,)\]}=]/.test(char)) return undefined;
    else {
      const word = /^(?:[\w$.]+|'\s*'|"\s*")/.exec(code.slice(i, i + 200))?.[0];
      if (word !== undefined) typeMayBegin = wordsBeforeType.has(word);
      else if (!/\s/.test(char)) typeMayBegin = true;
      i += word?.length ?? 1;
    }
  }
  return undefined;
}

function endOfTypeArguments(code: string, open: number): number {
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    if (code.startsWith('=>', i)) i++;
    else if (code[i] === '<') depth++;
    else if (code[i] === '>' && --depth === 0) return i + 1;
  }
  return code.length;
}

function arrowEnd(code: string, from: number): number {
  let at = skipSpace(code, from);
  if (code[at] === '{') return matching(code, at);
  while (at < code.length && !/[,;)\]}]/.test(code[at]!)) at = opens(code[at]) ? matching(code, at) + 1 : at + 1;
  return at;
}

function opens(char: string | undefined): boolean {
  return char === '(' || char === '[' || char === '{';
}

function skipSpace(code: string, from: number): number {
  let at = from;
  while (at < code.length && /\s/.test(code[at]!)) at++;
  return at;
}
