import { describe, expect, it } from '@jest/globals';
import { mediaTypes, negotiate } from './negotiation.js';

const { json, html } = mediaTypes;

describe('negotiate', () => {
  it.each([
    ['no header', undefined, 'text-html'],
    ['an empty header', '', 'text-html'],
    ['anything', '*/*', 'text-html'],
    ['pip since 22.2', `${json}, ${html}; q=0.1, text/html; q=0.01`, 'json'],
    ['pip before 22.2', 'text/html', 'text-html'],
    ['uv', `${json}, ${html};q=0.2, text/html;q=0.01`, 'json'],
    ['poetry', `${json}, */*;q=0.1`, 'json'],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text-html'],
    ['the latest JSON', 'application/vnd.pypi.simple.latest+json', 'json'],
    ['the latest HTML', 'application/vnd.pypi.simple.latest+html', 'html'],
    ['JSON excluded', `${json};q=0, */*`, 'text-html'],
    ['quality before order', `${html};q=0.5, ${json};q=0.9`, 'json'],
    ['a tie among named types', `text/html, ${html}, ${json}`, 'json'],
    ['a malformed quality', `${json};q=abc, text/html`, 'text-html'],
    ['only a malformed quality', `${json};q=abc`, 'text-html'],
    ['a quality above 1', `${json};q=1.5, ${html}`, 'html'],
    ['plain JSON', 'application/json', 'json'],
    ['application/*', 'application/*', 'html'],
    ['upper case', json.toUpperCase(), 'json'],
    ['parameters', `${json}; charset=utf-8; q=0.5, text/html;q=0.4`, 'json'],
  ])('serves %s', (_name, accept, expected) => {
    expect(negotiate(accept, null)).toBe(expected);
  });

  it.each([
    [json, 'json'],
    [json.replace('+', ' '), 'json'],
    ['application/vnd.pypi.simple.latest+html', 'html'],
    ['text/html', 'text-html'],
    ['json', 'json'],
    ['html', 'text-html'],
  ])('lets the format %s win over the header', (format, expected) => {
    expect(negotiate('text/plain', format)).toBe(expected);
  });

  it.each([
    ['application/vnd.pypi.simple.v2+json', null],
    ['text/plain', null],
    ['*/*;q=0', null],
    [undefined, 'foo'],
    [undefined, ''],
    [undefined, '__proto__'],
  ])('refuses %s with format %s and lists the types', (accept, format) => {
    expect(() => negotiate(accept, format)).toThrow(
      expect.objectContaining({ code: 'unsupported-media-type', message: expect.stringContaining(json) }),
    );
  });
});
