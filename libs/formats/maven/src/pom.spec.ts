import { describe, expect, it } from '@jest/globals';
import { parsePom, pomContradiction, type Pom } from './pom.js';

async function pom(body: string): Promise<Pom> {
  return (await parsePom(Buffer.from(`<project xmlns="http://maven.apache.org/POM/4.0.0">${body}</project>`)))!;
}

const coordinates = '<groupId>com.acme</groupId><artifactId>lib</artifactId><version>1.0</version>';
const path = { groupId: 'com.acme', artifactId: 'lib', baseVersion: '1.0', version: '1.0' };

describe('parsePom', () => {
  it('reads what the catalog keeps', async () => {
    const read =
      await pom(`${coordinates}<packaging>war</packaging><name> The \${project.artifactId} </name><description>A &lt;b&gt;</description>
      <url>https://acme.example/</url><licenses><license><name>Apache-2.0</name></license></licenses>
      <dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>\${a.version}</version><scope>test</scope><optional>true</optional></dependency></dependencies>
      <properties><a.version>3.2</a.version></properties>`);
    expect(read).toMatchObject({
      groupId: 'com.acme',
      artifactId: 'lib',
      version: '1.0',
      packaging: 'war',
      name: 'The lib',
      description: 'A <b>',
      url: 'https://acme.example/',
      licences: [{ name: 'Apache-2.0' }],
      dependencies: [{ groupId: 'g', artifactId: 'a', version: '3.2', scope: 'test', optional: true }],
    });
  });

  it('inherits group and version from the parent element', async () => {
    const read = await pom(
      '<parent><groupId>com.acme</groupId><artifactId>parent</artifactId><version>1.0</version></parent><artifactId>lib</artifactId>',
    );
    expect(read).toMatchObject({ groupId: 'com.acme', version: '1.0', packaging: 'jar' });
    expect(pomContradiction(read, path)).toBeUndefined();
  });

  it('leaves what it cannot resolve uncertain', async () => {
    const read = await pom('<groupId>com.acme</groupId><artifactId>lib</artifactId><version>${revision}</version>');
    expect(read.version).toBeUndefined();
    expect(pomContradiction(read, path)).toBeUndefined();
  });

  it('reads a relocation', async () => {
    const read = await pom(
      `${coordinates}<distributionManagement><relocation><artifactId>newer</artifactId></relocation></distributionManagement>`,
    );
    expect(read.relocation).toEqual({ artifactId: 'newer' });
  });

  it('ends on cycles and on properties that double themselves', async () => {
    const doubling = Array.from({ length: 40 }, (_, i) => `<p${i + 1}>\${p${i}}\${p${i}}</p${i + 1}>`).join('');
    const read = await pom(`${coordinates}<name>\${a}</name><description>\${p40}</description>
      <properties><a>\${b}</a><b>\${a}</b><p0>xxxxxxxxxxxxxxxx</p0>${doubling}</properties>`);
    expect(read.name).toContain('${');
    expect(read.description!.length).toBeLessThanOrEqual(4096);
  });

  it('is not harmed by names that mean something to JavaScript', async () => {
    const read = await pom(
      `${coordinates}<properties><__proto__>x</__proto__><constructor>y</constructor></properties><name>\${constructor}\${toString}</name>`,
    );
    expect(read.name).toBe('y${toString}');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each([
    [
      'ISO-8859-1',
      Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><project><name>caf\u00e9</name></project>', 'latin1'),
    ],
    ['UTF-8 with a byte order mark', Buffer.from('\uFEFF<project><name>caf\u00e9</name></project>')],
    [
      'UTF-16',
      Buffer.from('\uFEFF<?xml version="1.0" encoding="UTF-16"?><project><name>caf\u00e9</name></project>', 'utf16le'),
    ],
    ['an HTML entity', Buffer.from('<project><name>caf&eacute;</name></project>')],
  ])('reads %s', async (_, bytes) => expect((await parsePom(bytes))?.name).toBe('caf\u00e9'));

  it('knows nothing of a POM in an unknown encoding', async () => {
    expect(await parsePom(Buffer.from('<?xml version="1.0" encoding="x-klingon"?><project/>'))).toBeUndefined();
  });

  it.each([
    ['a document type', '<!DOCTYPE project SYSTEM "file:///etc/passwd"><project/>', /DOCTYPE/],
    ['an entity bomb', '<!DOCTYPE a [<!ENTITY x "y">]><project>&x;</project>', /DOCTYPE/],
    ['an unknown entity', '<project>&xxe;</project>', /not well-formed/],
    ['a hostile depth', `<project>${'<a>'.repeat(10_000)}`, /nested deeper/],
    ['too many elements', `<project>${'<a/>'.repeat(200_001)}</project>`, /more than 200000 elements/],
    ['another document', '<metadata/>', /must be <project>/],
    ['an empty file', '', /not well-formed|empty/],
  ])('refuses %s', async (_, text, message) => {
    await expect(parsePom(Buffer.from(text))).rejects.toMatchObject({
      code: 'invalid-package',
      message: expect.stringMatching(message),
    });
  });
});

describe('pomContradiction', () => {
  it.each([
    ['<groupId>com.acme</groupId><artifactId>lib</artifactId><version>2.0</version>'],
    ['<groupId>org.other</groupId><artifactId>lib</artifactId><version>1.0</version>'],
    ['<groupId>com.acme</groupId><artifactId>other</artifactId><version>1.0</version>'],
  ])('names both sides for %s', async body => {
    expect(pomContradiction(await pom(body), path)).toMatch(/but its path is of com\.acme:lib:1\.0/);
  });

  it('takes the base version and the timestamped one in a snapshot', async () => {
    const snapshot = { ...path, baseVersion: '1.0-SNAPSHOT', version: '1.0-20260101.120000-1' };
    for (const version of [snapshot.baseVersion, snapshot.version]) {
      expect(pomContradiction(await pom(coordinates.replace('1.0', version)), snapshot)).toBeUndefined();
    }
    expect(pomContradiction(await pom(coordinates), snapshot)).toBeDefined();
  });
});
