import { describe, expect, it } from '@jest/globals';
import { countParts, functionsIn } from './functions.js';

const summary = (code: string): string[] =>
  functionsIn(code).map(found => `${found.name}/${found.parameters}/${found.lines}`);

describe('functionsIn', () => {
  it.each<[string, string, string[]]>([
    ['a function', 'function f(a, b) {\n}', ['f/2/2']],
    ['a method with a return type', 'class A { m(a: string): Promise<{ a: 1 }> {\n\n} }', ['m/1/3']],
    ['a return type that is an object', 'function f(): { a: string } {\n}', ['f/0/2']],
    ['a union of objects as return type', 'function f(): { a: 1 } | { b: 2 } {\n}', ['f/0/2']],
    [
      'a return type that is a function, and that type',
      'function f(): (a: string) => void {\n}',
      ['f/0/2', '(anonymous)/1/2'],
    ],
    ['a type predicate', 'function f(a: unknown): a is { b: 1 } {\n}', ['f/1/2']],
    ['a generic function', 'function f<T extends A>(a: Map<string, T>, b = 1): T {\n}', ['f/2/2']],
    [
      'a constructor with parameter properties',
      'constructor(private readonly a: A, @Inject(b) c: C,) {}',
      ['constructor/2/1'],
    ],
    ['an arrow function with a block', 'const f = (a: A): B => {\n}', ['(anonymous)/1/2']],
    ['an arrow function with an expression', 'const f = (a, b) =>\n  g(a,\n b);', ['(anonymous)/2/3']],
    ['an asynchronous arrow function', 'x(async () => {\n})', ['(anonymous)/0/2']],
    ['no declaration without a body', 'abstract m(a: A): B; interface I { m(a: A): B; n(): { a: 1 }; }', []],
    [
      'no statement with parentheses',
      'if (a) { } for (const a of b) { } while (a) { } switch (a) { } try { } catch (e) { }',
      [],
    ],
    ['no call', 'f(a, b, c, d, e); new F(a, b);', []],
    ['no condition', 'const a = b ? (c) : d;', []],
  ])('finds %s', (_what, code, expected) => {
    expect(summary(code)).toEqual(expected);
  });
});

describe('countParts', () => {
  it.each([
    ['', 0],
    ['  \n', 0],
    ['a', 1],
    ['a, b,', 2],
    ['{ a, b }: C, d: Map<string, number>, e: (x: 1, y: 2) => void', 3],
    ['a = [1, 2], ...rest', 2],
  ])('counts in "%s" %d parts', (list, parts) => {
    expect(countParts(list)).toBe(parts);
  });
});
