import { describe, expect, it } from '@jest/globals';
import { parseChecksumText } from './checksum-text.js';

const sha1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';

describe('parseChecksumText', () => {
  it.each([
    ['bare hex', sha1],
    ['upper case', sha1.toUpperCase()],
    ['a newline', `${sha1}\n`],
    ['CRLF', `${sha1}\r\n`],
    ['a byte order mark', `\uFEFF${sha1}`],
    ['a file name', `${sha1}  a-1.0.jar`],
    ['a binary file name', `${sha1} *a-1.0.jar`],
    ['the BSD form', `SHA1 (a-1.0.jar) = ${sha1}`],
    ['old Ant', `a-1.0.jar: ${sha1.toUpperCase().replace(/(.{8})/g, '$1 ')}`],
    ['more lines', `${sha1}\nsomething else`],
  ])('reads %s', (_, text) => expect(parseChecksumText(text, 'sha1')).toBe(sha1));

  it.each([
    ['not hex', 'this is no checksum at all, but it is long'],
    ['another length', sha1.slice(1)],
    ['nothing', ''],
    ['a page of HTML', '<html><body>404</body></html>'],
    ['the value on the second line', `\n${sha1}`],
  ])('refuses %s', (_, text) => expect(parseChecksumText(text, 'sha1')).toBeUndefined());

  it('knows the length of each algorithm', () => {
    expect(parseChecksumText('a'.repeat(32), 'md5')).toBeDefined();
    expect(parseChecksumText('a'.repeat(64), 'sha256')).toBeDefined();
    expect(parseChecksumText('a'.repeat(128), 'sha512')).toBeDefined();
    expect(parseChecksumText(sha1, 'md5')).toBeUndefined();
  });
});
