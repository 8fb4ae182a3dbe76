import { describe, expect, it } from '@jest/globals';
import { descriptionOf, parseCoreMetadata, valueOf, valuesOf } from './core-metadata.js';

function parse(text: string) {
  return parseCoreMetadata(Buffer.from(text));
}

describe('parseCoreMetadata', () => {
  it('reads fields without regard to case, in order, and the body', () => {
    const metadata = parse(
      'Metadata-Version: 2.1\nName: foo\nversion:1.0\nRequires-Dist: a\nrequires-dist: b>=1\n\nHello\n\nName: bar\n',
    );
    expect(valueOf(metadata, 'NAME')).toBe('foo');
    expect(valueOf(metadata, 'Version')).toBe('1.0');
    expect(valuesOf(metadata, 'Requires-Dist')).toEqual(['a', 'b>=1']);
    expect(descriptionOf(metadata)).toBe('Hello\n\nName: bar\n');
  });

  it('takes CRLF, a byte order mark and characters beyond ASCII', () => {
    const metadata = parse('\ufeffName: foo\r\nSummary: schön 🐍\r\n\r\nBody\r\n');
    expect(valueOf(metadata, 'Name')).toBe('foo');
    expect(valueOf(metadata, 'Summary')).toBe('schön 🐍');
    expect(descriptionOf(metadata)).toBe('Body\r\n');
  });

  it('joins folded lines, and takes off the mark of old descriptions', () => {
    const metadata = parse('Name: foo\nDescription: one\n        |two\n\tthree\nVersion: 1\n');
    expect(descriptionOf(metadata)).toBe('one\ntwo\nthree');
    expect(valueOf(metadata, 'Version')).toBe('1');
  });

  it('takes empty values and UNKNOWN as absent', () => {
    const metadata = parse('Name: foo\nHome-page: UNKNOWN\nLicense:\n');
    expect(valueOf(metadata, 'Home-page')).toBeUndefined();
    expect(valueOf(metadata, 'License')).toBeUndefined();
    expect(descriptionOf(metadata)).toBeUndefined();
  });

  it('does not trip over names of object members', () => {
    expect(valuesOf(parse('constructor: x\n'), '__proto__')).toEqual([]);
  });

  it.each([
    ['bad UTF-8', Buffer.from([0x4e, 0x3a, 0xff, 0x0a]), 'UTF-8'],
    ['NUL', Buffer.from('Name: a\u0000b\n'), 'NUL'],
    ['a line without a colon', Buffer.from('Name: a\nrubbish\n'), 'rubbish'],
    ['a continuation first', Buffer.from(' Name: a\n'), 'continuation'],
  ])('refuses %s', (_name, bytes, words) => {
    expect(() => parseCoreMetadata(bytes)).toThrow(
      expect.objectContaining({ code: 'invalid-package', message: expect.stringContaining(words) }),
    );
  });

  it('refuses a second value where one is asked for', () => {
    expect(() => valueOf(parse('Name: a\nName: b\n'), 'Name')).toThrow(
      expect.objectContaining({ code: 'invalid-package' }),
    );
  });
});
