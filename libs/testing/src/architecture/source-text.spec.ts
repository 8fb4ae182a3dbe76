import { describe, expect, it } from '@jest/globals';
import { lineAt, readSource } from './source-text.js';

describe('readSource', () => {
  it.each([
    ['a line comment', `a; // b 'c'\nd`, `a;         \nd`],
    ['a block comment over lines', `a /* b\n c */ d`, `a     \n      d`],
    ['both kinds of quotes', `f('x"y', "x'y")`, `f('   ', "   ")`],
    ['an escaped quote', String.raw`f('a\'b')`, `f('    ')`],
    ['comment marks inside a string', `f('// no', "/* no */")`, `f('     ', "        ")`],
    ['a template with an expression', 'f(`a${b}c`)', 'f(`  {b} `)'],
    ['a template within a template', 'f(`a${g(`b${c}`)}d`)', 'f(`  {g(`  {c}`)} `)'],
    ['an object within an expression of a template', 'f(`${g({a: 1})}`)', 'f(` {g({a: 1})}`)'],
    ['a regular expression', `x.test(/a'b/g)`, `x.test(/   /g)`],
    ['a regular expression with a class', `x = /[/'"]+/`, `x = /      /`],
    ['a regular expression after a word', `return /'/.test(a)`, `return / /.test(a)`],
    ['a division', `a / b / c; (a) / b`, `a / b / c; (a) / b`],
  ])('blanks %s', (_what, source, code) => {
    expect(readSource(source).code).toBe(code);
  });

  it('keeps what it blanked, with its place', () => {
    const text = readSource(`import 'a'; // note\nconst b = \`c\${d}e\`;`);
    expect(text.literals.map(literal => literal.text)).toEqual(['a', 'c', 'e']);
    expect(text.comments).toEqual([{ start: 12, text: '// note' }]);
  });

  it('tells the line of a place', () => {
    expect([lineAt('a\nb\n', 0), lineAt('a\nb\n', 1), lineAt('a\nb\n', 2), lineAt('a\nb\nc', 4)]).toEqual([1, 1, 2, 3]);
  });
});
