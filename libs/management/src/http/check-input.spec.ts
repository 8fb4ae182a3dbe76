import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { checkInput } from './check-input.js';
import { word } from './fields.js';

const schema = z.strictObject({
  name: word(10),
  size: z.int().max(5).optional(),
  rules: z.array(z.strictObject({ tag: word(5) })).optional(),
});

function errorsOf(value: unknown): unknown {
  try {
    return checkInput(schema, value, 'body');
  } catch (error) {
    return (error as { details: { errors: unknown } }).details.errors;
  }
}

describe('checkInput', () => {
  it('gives the checked value', () => expect(checkInput(schema, { name: 'a' }, 'body')).toEqual({ name: 'a' }));

  it.each([
    [{}, '/name', 'required'],
    [undefined, '', 'required'],
    [[], '', 'invalid-type'],
    [{ name: 7 }, '/name', 'invalid-type'],
    [{ name: '' }, '/name', 'too-small'],
    [{ name: 'a'.repeat(11) }, '/name', 'too-big'],
    [{ name: 'a\u0000' }, '/name', 'custom'],
    [{ name: '\ud800' }, '/name', 'custom'],
    [{ name: 'a', size: 6 }, '/size', 'too-big'],
    [{ name: 'a', isAdmin: true }, '/isAdmin', 'unknown-field'],
    [{ name: 'a', 'a/b~c': true }, '/a~1b~0c', 'unknown-field'],
    [{ name: 'a', rules: [{ tag: 'x' }, { tag: 'x', mode: 1 }] }, '/rules/1/mode', 'unknown-field'],
  ])('points at what is wrong in %j', (value, pointer, code) => {
    expect(errorsOf(value)).toEqual([expect.objectContaining({ in: 'body', pointer, code })]);
  });

  it('gives at most 20 errors', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, 1]));
    expect(errorsOf({ name: 'a', ...many })).toHaveLength(20);
  });

  it('says the first one in a sentence', () => {
    expect(() => checkInput(schema, { name: 'a', isAdmin: true }, 'body')).toThrow(
      'The field isAdmin is not known here.',
    );
    expect(() => checkInput(schema, {}, 'query')).toThrow('The parameter name is missing.');
  });
});
