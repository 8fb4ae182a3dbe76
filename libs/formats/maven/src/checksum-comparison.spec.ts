import { describe, expect, it } from '@jest/globals';
import { announcedChecksums, checksumDifference, checksumHeaders } from './checksum-comparison.js';

describe('checksums', () => {
  it('names the first that differs, both values and the file', () => {
    expect(checksumDifference('g/a/1/a-1.jar', { sha1: 'aa', md5: 'bb' }, { sha1: 'cc', md5: 'bb' })).toBe(
      'SHA-1 mismatch for a-1.jar: received aa, computed cc. Deploy the file again.',
    );
    expect(checksumDifference('g/a/1/a-1.jar', { md5: 'bb' }, { sha1: 'cc', md5: 'bb' })).toBeUndefined();
  });

  it('are read from the headers of an upload and written to those of an answer', () => {
    expect(announcedChecksums({ 'x-checksum-sha1': ' ABC ', 'x-checksum-md5': '', other: 'x' })).toEqual({
      sha1: 'abc',
    });
    expect(checksumHeaders({ sha1: 'abc', sha512: 'def' })).toEqual({
      'X-Checksum-SHA1': 'abc',
      'X-Checksum-SHA512': 'def',
    });
  });
});
