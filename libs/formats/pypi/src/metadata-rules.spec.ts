import { describe, expect, it } from '@jest/globals';
import { parseCoreMetadata } from './core-metadata.js';
import { checkMetadata } from './metadata-rules.js';
import { parseProjectName } from './names.js';
import { parseVersion } from './versions.js';

const expected = { project: parseProjectName('foo-bar'), version: parseVersion('1.0'), fileName: 'foo_bar-1.0.tar.gz' };

function check(lines: string, identity = 'Name: Foo.Bar\nVersion: 1.0.0') {
  const version = lines.includes('Metadata-Version') ? '' : 'Metadata-Version: 2.4\n';
  return () => checkMetadata(parseCoreMetadata(Buffer.from(`${version}${identity}\n${lines}`)), expected);
}

describe('checkMetadata', () => {
  it.each([
    [''],
    ['Metadata-Version: 1.0'],
    ['Metadata-Version: 2.9'],
    ['Summary: emoji 🐍'],
    [`Summary: ${'x'.repeat(512)}`],
    ['Requires-Python: >=3.8, <4, !=3.9.*'],
    ['Requires-Python: ~=3.8'],
    ['Requires-Dist: requests'],
    ['Requires-Dist: requests[security, socks] >=2.8.1, ==2.8.* ; python_version < "3.8" and extra == "x"'],
    ['Requires-Dist: zope.interface (>3.5.0)'],
    ['Requires-Dist: a>=1.0.0;platform_system=="Windows"'],
    ['Provides-Extra: doc-tools'],
    ['Dynamic: Requires-Dist'],
    ['License: MIT'],
    ['License-Expression: MIT OR (Apache-2.0 AND GPL-3.0-or-later WITH Classpath-exception-2.0)'],
    ['License-File: licenses/LICENSE.txt'],
    ['Description-Content-Type: text/markdown; charset=UTF-8; variant=GFM'],
    ['Project-URL: Bug Tracker, https://larder.test/issues'],
    ['Import-Name: foo'],
    ['Some-New-Field: x'],
  ])('takes %s', lines => {
    expect(check(lines)).not.toThrow();
  });

  it.each([
    ['Metadata-Version: 3.0', 'Metadata-Version'],
    ['Metadata-Version: x', 'Metadata-Version'],
    [`Summary: ${'x'.repeat(513)}`, 'Summary has 513'],
    ['Summary: one\n two', 'one line'],
    ['Requires-Python: three', 'Requires-Python'],
    ['Requires-Python: >=3.8 <4', 'Requires-Python'],
    [`Requires-Python: ${'>=1,'.repeat(300)}>=1`, 'Requires-Python'],
    ['Requires-Dist: !bad', 'Requires-Dist'],
    ['Requires-Dist: a b', 'Requires-Dist'],
    ['Requires-Dist: a[', 'Requires-Dist'],
    ['Requires-Dist: a;', 'marker'],
    ['Requires-Dist: a @ https://larder.test/a.whl', 'direct URL'],
    ['Provides-Extra: a b', 'Provides-Extra'],
    ['Dynamic: Version', 'Dynamic'],
    ['License: MIT\nLicense-Expression: MIT', 'exclude each other'],
    ['License-Expression: MIT AND', 'SPDX'],
    ['License-Expression: (MIT', 'SPDX'],
    ['License-Expression: MIT Apache-2.0', 'SPDX'],
    ['License-File: ../x', 'License-File'],
    ['License-File: /x', 'License-File'],
    ['Description-Content-Type: text/html', 'Description-Content-Type'],
    ['Description-Content-Type: text/markdown; charset=latin1', 'Description-Content-Type'],
    [`Project-URL: ${'x'.repeat(33)}, https://larder.test`, 'Project-URL'],
    ['Project-URL: Home, javascript:alert(1)', 'Project-URL'],
  ])('refuses %s', (lines, words) => {
    expect(check(lines)).toThrow(
      expect.objectContaining({ code: 'invalid-package', message: expect.stringContaining(words) }),
    );
  });

  it.each([
    ['Version: 1.0', 'no Name'],
    ['Name: foo-bar', 'no Version'],
    ['Name: foo-bar\nName: foo-bar\nVersion: 1.0', 'more than once'],
    ['Name: other\nVersion: 1.0', 'holds the project "other"'],
    ['Name: foo-bar\nVersion: 1.1', 'holds version "1.1"'],
  ])('refuses the identity %j', (identity, words) => {
    expect(check('', identity)).toThrow(
      expect.objectContaining({ code: 'invalid-package', message: expect.stringContaining(words) }),
    );
  });
});
