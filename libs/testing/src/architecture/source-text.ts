/**
 * TypeScript with everything blanked that is not code: comments, the insides of strings, of template text and of regular expressions become spaces. Quotes, line
 * breaks and positions stay, so a place in the result is the same place in the source. Expressions inside templates stay code.
 */
export interface SourceText {
  readonly code: string;
  /** The insides of strings, template pieces and regular expressions, with where they begin. */
  readonly literals: readonly Literal[];
  readonly comments: readonly Literal[];
}

export interface Literal {
  readonly start: number;
  readonly text: string;
}

const wordsBeforeRegex = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'await',
  'yield',
  'void',
  'delete',
  'do',
  'else',
  'instanceof',
  'new',
  'throw',
]);

/** The compiler's package has no parser for programs to call, so the architecture checks read sources with this scanner. It knows no grammar, only tokens. */
export function readSource(source: string): SourceText {
  return new Scanner(source).run();
}

/** The line, from 1, on which a position lies. */
export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < position; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

class Scanner {
  private readonly out: string[];
  private readonly literals: Literal[] = [];
  private readonly comments: Literal[] = [];
  private at = 0;
  /** For each open brace of code: true when it closes an expression of a template. */
  private readonly braces: boolean[] = [];

  constructor(private readonly source: string) {
    this.out = source.split('');
  }

  run(): SourceText {
    while (this.at < this.source.length) this.step();
    return { code: this.out.join(''), literals: this.literals, comments: this.comments };
  }

  private step(): void {
    const { source, at } = this;
    const char = source[at]!;
    if (source.startsWith('//', at)) this.comment(this.endOf('\n', at));
    else if (source.startsWith('/*', at)) this.comment(this.endOf('*/', at + 2) + 2);
    else if (char === "'" || char === '"') this.string(char);
    else if (char === '`') this.template();
    else if (char === '/' && this.regexMayBegin()) this.regex();
    else if (char === '{') this.open(false);
    else if (char === '}') this.close();
    else this.at++;
  }

  private open(ofTemplate: boolean): void {
    this.braces.push(ofTemplate);
    this.at++;
  }

  private close(): void {
    const ofTemplate = this.braces.pop();
    if (ofTemplate) this.template();
    else this.at++;
  }

  private comment(end: number): void {
    this.comments.push({ start: this.at, text: this.source.slice(this.at, end) });
    this.blank(this.at, end);
    this.at = end;
  }

  private string(quote: string): void {
    let end = this.at + 1;
    while (end < this.source.length && this.source[end] !== quote) end += this.source[end] === '\\' ? 2 : 1;
    this.literal(this.at + 1, end);
    this.at = end + 1;
  }

  /** From a backtick or from the brace that ends an expression, to the next expression or to the closing backtick. */
  private template(): void {
    let end = this.at + 1;
    while (end < this.source.length && this.source[end] !== '`' && !this.source.startsWith('${', end))
      end += this.source[end] === '\\' ? 2 : 1;
    this.literal(this.at + 1, end);
    if (this.source[end] !== '$') {
      this.at = end + 1;
      return;
    }
    this.blank(end, end + 1);
    this.at = end + 1;
    this.open(true);
  }

  private regex(): void {
    let end = this.at + 1;
    let inClass = false;
    while (end < this.source.length && (inClass || this.source[end] !== '/')) {
      if (this.source[end] === '\\') end++;
      else if (this.source[end] === '[') inClass = true;
      else if (this.source[end] === ']') inClass = false;
      end++;
    }
    this.literal(this.at + 1, end);
    this.at = end + 1;
  }

  private regexMayBegin(): boolean {
    const before = this.out
      .slice(Math.max(0, this.at - 200), this.at)
      .join('')
      .trimEnd();
    if (before === '') return true;
    const word = /[\w$]+$/.exec(before)?.[0];
    if (word !== undefined) return wordsBeforeRegex.has(word);
    return !/[)\]'"`/]$/.test(before);
  }

  private literal(start: number, end: number): void {
    this.literals.push({ start, text: this.source.slice(start, end) });
    this.blank(start, end);
  }

  private blank(start: number, end: number): void {
    for (let i = start; i < end && i < this.out.length; i++) if (this.out[i] !== '\n') this.out[i] = ' ';
  }

  private endOf(mark: string, from: number): number {
    const found = this.source.indexOf(mark, from);
    return found === -1 ? this.source.length : found;
  }
}
