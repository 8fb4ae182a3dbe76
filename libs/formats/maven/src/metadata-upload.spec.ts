import { describe, expect, it } from '@jest/globals';
import { metadataReadings } from './layout.js';
import { parseMetadataUpload } from './metadata-upload.js';

function parse(xml: string, directory = 'com/acme/lib') {
  return parseMetadataUpload(Buffer.from(xml), metadataReadings(directory.split('/')));
}

describe('parseMetadataUpload', () => {
  it('reads the versions of an A-level document', async () => {
    const xml = `<?xml version="1.0"?><metadata><groupId>com.acme</groupId><artifactId>lib</artifactId>
      <versioning><versions><version>1.0</version><version> 1.1 </version></versions></versioning></metadata>`;
    expect([...(await parse(xml)).versions]).toEqual(['1.0', '1.1']);
  });

  it("accepts Maven 4's namespace", async () => {
    const xml =
      '<metadata xmlns="http://maven.apache.org/METADATA/1.1.0"><groupId>com.acme</groupId><artifactId>lib</artifactId></metadata>';
    expect((await parse(xml)).versions.size).toBe(0);
  });

  it('reads the builds of a V-level document from the list and from <snapshot>', async () => {
    const xml = `<metadata><groupId>com.acme</groupId><artifactId>lib</artifactId><version>1.2-SNAPSHOT</version><versioning>
      <snapshot><timestamp>20261121.192510</timestamp><buildNumber>7</buildNumber></snapshot>
      <snapshotVersions><snapshotVersion><extension>jar</extension><value>1.2-20261120.000000-6</value></snapshotVersion></snapshotVersions>
      </versioning></metadata>`;
    const announced = await parse(xml, 'com/acme/lib/1.2-SNAPSHOT');
    expect([...announced.builds]).toEqual(['1.2-20261120.000000-6', '1.2-20261121.192510-7']);
  });

  it('takes a V-level document without timestamps as the end of a literal deployment', async () => {
    const xml = '<metadata><versioning><snapshot><localCopy>true</localCopy></snapshot></versioning></metadata>';
    expect([...(await parse(xml, 'com/acme/lib/1.2-SNAPSHOT')).builds]).toEqual(['1.2-SNAPSHOT']);
  });

  it('reads the prefixes of a G-level document', async () => {
    const xml = `<metadata><plugins><plugin><name>Foo</name><prefix>foo</prefix><artifactId>foo-maven-plugin</artifactId></plugin>
      <plugin><prefix>broken</prefix></plugin></plugins></metadata>`;
    expect((await parse(xml, 'com/acme/plugins')).plugins).toEqual([
      { name: 'Foo', prefix: 'foo', artifactId: 'foo-maven-plugin' },
    ]);
  });

  it.each([
    [
      'other coordinates',
      '<metadata><groupId>com.other</groupId><artifactId>lib</artifactId></metadata>',
      /com\.other:lib/,
    ],
    [
      'a snapshot of another version',
      '<metadata><groupId>x</groupId><version>9-SNAPSHOT</version></metadata>',
      /not what its path names/,
    ],
    ['broken XML', '<metadata><groupId>', /not well-formed/],
    ['another document', '<project/>', /must be <metadata>/],
    ['nothing', '', /not well-formed|empty/],
    ['a document type', '<!DOCTYPE metadata [<!ENTITY a "b">]><metadata>&a;</metadata>', /DOCTYPE/],
  ])('refuses %s', async (_, xml, message) => {
    await expect(parse(xml)).rejects.toMatchObject({
      code: 'invalid-package',
      message: expect.stringMatching(message),
    });
  });
});
