import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { maven } from '#formats/maven';
import { describeWithClient, startTestServer, type TestServer, type TestUser } from '#testing';
import { MavenWorkspace, plugin, type Ran } from './maven-workspace.js';

const releases = 'maven-releases';
const snapshots = 'maven-snapshots';

function project(artifactId: string, version: string, body: string): string {
  return `<project><modelVersion>4.0.0</modelVersion><groupId>com.acme</groupId><artifactId>${artifactId}</artifactId><version>${version}</version>${body}</project>`;
}

function dependency(artifactId: string, version: string): string {
  return `<dependency><groupId>com.acme</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>`;
}

describeWithClient('mvn', 'mvn against a hosted repository', () => {
  let server: TestServer;
  let workspace: MavenWorkspace;
  let ci: TestUser;

  beforeAll(async () => {
    server = await startTestServer();
    for (const { name, settings } of maven.starterRepositories) await server.createRepository(name, 'maven', settings);
    ci = await server.createUser('ci', [{ role: 'publisher' }]);
    workspace = await MavenWorkspace.create();
  });
  afterAll(async () => {
    await workspace.remove();
    await server.stop();
  });

  /** The text that Larder prints for people to copy. */
  function snippet(repository: string, purpose: 'set-up' | 'publish' | 'read'): string {
    const settings = maven.starterRepositories.find(({ name }) => name === repository)!.settings;
    const baseUrl = `${server.url}/repository/${repository}`;
    const address = { origin: server.url, host: server.host, repository, baseUrl, settings };
    return maven.snippets(address).find(candidate => candidate.purpose === purpose)!.text;
  }

  /** As after pasting the snippets: the user's name and token are in the environment. */
  function mvn(project: string, goals: readonly string[], user: TestUser = ci): Promise<Ran> {
    const servers = [releases, snapshots]
      .map(name => /<server>[^]*<\/server>/.exec(snippet(name, 'set-up'))![0])
      .join('');
    return workspace.mvn(project, goals, { servers, env: { USER: user.name, TOKEN: user.token } });
  }

  function library(artifactId: string, version: string, content: string): Record<string, string> {
    const target = version.endsWith('SNAPSHOT') ? snapshots : releases;
    return {
      'pom.xml': project(artifactId, version, snippet(target, 'publish')),
      'target/classes/content.txt': content,
    };
  }

  const deployJar = [plugin('jar', 'jar'), plugin('deploy', 'deploy')];

  async function fetchText(repository: string, path: string): Promise<string> {
    const answer = await fetch(`${server.url}/repository/${repository}/${path}`, {
      headers: { authorization: ci.bearer },
    });
    return `${answer.status} ${await answer.text()}`;
  }

  it('deploys a release', async () => {
    await workspace.write('lib', library('lib', '1.0', 'release'));
    const ran = await mvn('lib', deployJar);
    expect(ran.output).toContain('BUILD SUCCESS');
    expect(await fetchText(releases, 'com/acme/lib/maven-metadata.xml')).toContain('<release>1.0</release>');
  });

  it('deploys a snapshot twice, as builds 1 and 2', async () => {
    for (const content of ['first', 'second']) {
      await workspace.write('snap', library('snap', '1.1-SNAPSHOT', content));
      expect((await mvn('snap', deployJar)).output).toContain('BUILD SUCCESS');
    }
    const metadata = await fetchText(snapshots, 'com/acme/snap/1.1-SNAPSHOT/maven-metadata.xml');
    expect(metadata).toContain('<buildNumber>2</buildNumber>');
    const rows = await server.database.query<{ text: string; sealed: boolean }>(
      "select v.text, v.sealed_at is not null as sealed from version v join package p on p.id = v.package_id where p.name = 'com.acme:snap' order by v.id",
    );
    expect(rows).toEqual([
      { text: expect.stringMatching(/^1\.1-\d{8}\.\d{6}-1$/), sealed: true },
      { text: expect.stringMatching(/^1\.1-\d{8}\.\d{6}-2$/), sealed: true },
    ]);
  });

  it('resolves both in a second project on another machine, with checksums that must be right', async () => {
    const repositories = [releases, snapshots]
      .map(name => /<repository>[^]*<\/repository>/.exec(snippet(name, 'read'))![0])
      .join('')
      .replaceAll('<enabled>true</enabled>', '<enabled>true</enabled><checksumPolicy>fail</checksumPolicy>');
    const dependencies = dependency('lib', '[1.0,2)') + dependency('snap', '1.1-SNAPSHOT');
    const pom = project(
      'app',
      '1.0',
      `<repositories>${repositories}</repositories><dependencies>${dependencies}</dependencies>`,
    );
    await workspace.write('app', { 'pom.xml': pom, 'target/classes/x.txt': 'x' });
    const deployed = await workspace.read('lib/target/lib-1.0.jar');
    await workspace.forget('com/acme');
    const ran = await mvn('app', [plugin('jar', 'jar')]);
    expect(ran.output).toContain('BUILD SUCCESS');
    expect(await workspace.read('repository/com/acme/lib/1.0/lib-1.0.jar')).toEqual(deployed);
    const second = createHash('sha1')
      .update(await workspace.read('snap/target/snap-1.1-SNAPSHOT.jar'))
      .digest('hex');
    const resolved = await workspace.read('repository/com/acme/snap/1.1-SNAPSHOT/snap-1.1-SNAPSHOT.jar');
    expect(createHash('sha1').update(resolved).digest('hex')).toBe(second);
  });

  it('runs the whole deploy phase for a parent POM, which a child then finds', async () => {
    await workspace.write('parent', {
      'pom.xml': project('parent', '1.0', `<packaging>pom</packaging>${snippet(releases, 'publish')}`),
    });
    expect((await mvn('parent', ['deploy'])).output).toContain('BUILD SUCCESS');
    await workspace.forget('com/acme');
    const parent =
      '<parent><groupId>com.acme</groupId><artifactId>parent</artifactId><version>1.0</version><relativePath/></parent>';
    const child = `<project><modelVersion>4.0.0</modelVersion>${parent}<artifactId>child</artifactId>${snippet(releases, 'read')}</project>`;
    await workspace.write('child', { 'pom.xml': child });
    expect((await mvn('child', ['validate'])).output).toContain('BUILD SUCCESS');
  });

  it('is refused a release that is there already, and prints why', async () => {
    await workspace.write('lib', library('lib', '1.0', 'something else'));
    const ran = await mvn('lib', deployJar);
    expect(ran.exitCode).not.toBe(0);
    expect(ran.output).toContain('com.acme:lib:jar:1.0 is already released with other content');
    expect(ran.output).toContain('Deploy a new version');
  });

  it('is refused a snapshot by the release repository, and prints why', async () => {
    const pom = project(
      'wrong',
      '1-SNAPSHOT',
      snippet(releases, 'publish').replaceAll('repository>', 'snapshotRepository>'),
    );
    await workspace.write('wrong', { 'pom.xml': pom, 'target/classes/x.txt': 'x' });
    expect((await mvn('wrong', deployJar)).output).toContain('version policy release and does not take 1-SNAPSHOT');
  });

  describe('without the right to', () => {
    it('prints 401 to somebody without credentials', async () => {
      await workspace.write('anonymous', library('anonymous', '1.0', 'x'));
      const ran = await workspace.mvn('anonymous', deployJar);
      expect(ran.exitCode).not.toBe(0);
      expect(ran.output).toMatch(/status: 401/);
    });

    it('prints 403 and the missing right to a reader', async () => {
      const reader = await server.createUser('reader', [{ role: 'reader' }]);
      const ran = await mvn('anonymous', deployJar, reader);
      expect(ran.output).toMatch(/status: 403/);
      expect(ran.output).toContain('You do not have the right "publish"');
    });
  });

  it('deploys a file with its sources, without a project', async () => {
    await workspace.write('files', { 'a.jar': 'PK\u0003\u0004jar', 'a-sources.jar': 'PK\u0003\u0004sources' });
    const coordinates = ['-DgroupId=com.acme', '-DartifactId=filed', '-Dversion=2.0', '-Dpackaging=jar'];
    const target = [`-DrepositoryId=${releases}`, `-Durl=${server.url}/repository/${releases}/`];
    const ran = await mvn('files', [
      plugin('deploy', 'deploy-file'),
      '-Dfile=a.jar',
      '-Dsources=a-sources.jar',
      ...coordinates,
      ...target,
    ]);
    expect(ran.output).toContain('BUILD SUCCESS');
    expect(await fetchText(releases, 'com/acme/filed/2.0/filed-2.0-sources.jar')).toBe('200 PK\u0003\u0004sources');
  });
});
