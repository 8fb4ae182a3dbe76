import { describe, expect, it } from '@jest/globals';
import { archiveOf, metadataText, sdist, tarGz, wheel } from '../test/archives.js';
import { valueOf } from './core-metadata.js';
import { readDistribution } from './distribution.js';
import { parseFileName } from './filenames.js';

describe('readDistribution', () => {
  it('reads wheels and sdists to the same metadata', async () => {
    const fromWheel = await readDistribution(
      archiveOf(wheel('demo', '1.0')),
      parseFileName('demo-1.0-py3-none-any.whl'),
    );
    const fromSdist = await readDistribution(archiveOf(sdist('demo', '1.0')), parseFileName('demo-1.0.tar.gz'));
    expect(valueOf(fromWheel.metadata, 'Name')).toBe('demo');
    expect(fromSdist.metadataBytes).toEqual(fromWheel.metadataBytes);
  });

  it.each([
    ['2.2', '', true],
    ['2.4', 'Dynamic: Summary\n', true],
    ['2.1', '', false],
    ['1.2', '', false],
    ['2.2', 'Dynamic: Requires-Dist\n', false],
    ['2.2', 'Dynamic: requires-python\n', false],
  ])('offers the metadata of an sdist of version %s with %j: %s', async (version, more, offered) => {
    const content = metadataText('demo', '1.0', more).replace('2.4', version);
    const archive = archiveOf(tarGz([{ name: 'demo-1.0/PKG-INFO', content }]));
    expect((await readDistribution(archive, parseFileName('demo-1.0.tar.gz'))).offersMetadata).toBe(offered);
  });

  it('refuses metadata that is not about the file', async () => {
    const archive = archiveOf(tarGz([{ name: 'demo-1.0/PKG-INFO', content: metadataText('other', '1.0') }]));
    await expect(readDistribution(archive, parseFileName('demo-1.0.tar.gz'))).rejects.toMatchObject({
      code: 'invalid-package',
    });
  });
});
