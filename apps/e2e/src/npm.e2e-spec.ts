import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { npm } from '#formats/npm';
import { describeWithClient, startTestServer, type TestServer } from '#testing';
import { NpmCli, type NpmRun } from './npm-cli.js';

function expectSuccess(run: NpmRun): void {
  if (run.exitCode !== 0) throw new Error(`npm failed with ${run.exitCode}:\n${run.output}`);
}

describeWithClient('npm', 'npm against a hosted repository', () => {
  let server: TestServer;
  let cli: NpmCli;
  let registry: string;
  let npmrc: string;

  beforeAll(async () => {
    server = await startTestServer();
    await server.createRepository('npm-hosted', 'npm');
    registry = `${server.url}/repository/npm-hosted/`;
    npmrc = `registry=${registry}\n${registry.replace('http:', '')}:_authToken=${server.admin.token}\n`;
    cli = await NpmCli.create();
  });

  afterAll(async () => {
    await cli.remove();
    await server.stop();
  });

  const project = (folder: string, packageJson: object, files: Record<string, string> = {}) =>
    cli.project(folder, { '.npmrc': npmrc, 'package.json': JSON.stringify(packageJson), ...files });

  async function publish(
    packageJson: { name: string; version: string },
    files: Record<string, string> = {},
  ): Promise<string> {
    const folder = await project(
      `publish-${packageJson.name.replace('/', '-')}-${packageJson.version}`,
      packageJson,
      files,
    );
    expectSuccess(await cli.run(folder, ['publish']));
    return folder;
  }

  it('publishes a scoped and an unscoped package with the printed snippets, and installs both', async () => {
    const address = {
      origin: server.url,
      host: server.host,
      repository: 'npm-hosted',
      baseUrl: registry.slice(0, -1),
      settings: {},
    };
    const snippet = (purpose: string) =>
      npm.snippets(address).find(candidate => candidate.purpose === purpose)?.text ?? 'false';
    const plain = { name: 'my-package', version: '1.0.0', bin: './cli.js' };
    const scoped = { name: '@acme/user', version: '1.0.0', dependencies: { 'my-package': '^1.0.0' } };
    for (const packageJson of [plain, scoped]) {
      const folder = await cli.project(packageJson.name, {
        'package.json': JSON.stringify(packageJson),
        'cli.js': '#!/usr/bin/env node\n',
      });
      expectSuccess(await cli.shell(folder, snippet('set-up'), server.admin.token));
      expectSuccess(await cli.shell(folder, snippet('publish'), server.admin.token));
    }
    const consumer = await cli.project('consumer', { 'package.json': '{"name":"consumer","version":"1.0.0"}' });
    expectSuccess(await cli.shell(consumer, snippet('set-up'), server.admin.token));
    expectSuccess(await cli.shell(consumer, snippet('read'), server.admin.token));
    expectSuccess(await cli.run(consumer, ['install', '@acme/user']));
    expect(JSON.parse(await readFile(join(consumer, 'node_modules/@acme/user/package.json'), 'utf8'))).toMatchObject(
      scoped,
    );
    expect(await readFile(join(consumer, 'node_modules/.bin/my-package'), 'utf8')).toContain('env node');
    const lock = JSON.parse(await readFile(join(consumer, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { resolved?: string }>;
    };
    expect(lock.packages['node_modules/@acme/user']?.resolved).toBe(`${registry}@acme/user/-/user-1.0.0.tgz`);
    expectSuccess(await cli.run(consumer, ['ci']));
  });

  it('prints why a version cannot be published again, also with --force', async () => {
    await publish({ name: 'taken', version: '1.0.0' });
    const folder = await project('publish-taken-again', { name: 'taken', version: '1.0.0' }, { 'other.js': '1' });
    for (const args of [['publish'], ['publish', '--force']]) {
      const run = await cli.run(folder, args);
      expect(run.exitCode).not.toBe(0);
      expect(run.output).toContain('You cannot publish over the previously published versions: 1.0.0.');
    }
    expect((await cli.run(folder, ['publish', '--force'])).output).toContain('Raise the version in package.json');
  });

  it('adds, lists and removes dist-tags', async () => {
    const folder = await publish({ name: '@acme/tagged', version: '1.0.0' });
    expectSuccess(await cli.run(folder, ['dist-tag', 'add', '@acme/tagged@1.0.0', 'beta']));
    expect((await cli.run(folder, ['dist-tag', 'ls', '@acme/tagged'])).output).toContain('beta: 1.0.0\nlatest: 1.0.0');
    expectSuccess(await cli.run(folder, ['dist-tag', 'rm', '@acme/tagged', 'beta']));
    expect((await cli.run(folder, ['dist-tag', 'ls', '@acme/tagged'])).output).not.toContain('beta');
  });

  it('deprecates a version and says so on install', async () => {
    const folder = await publish({ name: 'aged', version: '1.0.0' });
    expectSuccess(await cli.run(folder, ['deprecate', 'aged@1.0.0', 'use something younger']));
    const consumer = await project('aged-consumer', { name: 'consumer', version: '1.0.0' });
    const install = await cli.run(consumer, ['install', 'aged']);
    expectSuccess(install);
    expect(install.output).toContain('use something younger');
    expectSuccess(await cli.run(folder, ['undeprecate', 'aged@1.0.0']));
    expect((await cli.run(folder, ['view', 'aged', 'deprecated'])).output.trim()).toBe('');
  });

  it('unpublishes one version and then the package, and never takes the version again', async () => {
    const folder = await publish({ name: 'leaving', version: '1.0.0' });
    await publish({ name: 'leaving', version: '1.1.0' });
    expectSuccess(await cli.run(folder, ['unpublish', 'leaving@1.1.0']));
    expect((await cli.run(folder, ['view', 'leaving', 'dist-tags.latest'])).output).toContain('1.0.0');
    expectSuccess(await cli.run(folder, ['unpublish', 'leaving', '--force']));
    const again = await cli.run(folder, ['publish']);
    expect(again.exitCode).not.toBe(0);
    expect(again.output).toContain('Version 1.0.0 was unpublished and cannot be used again.');
  });

  it('logs in the old way, says who it is, and logs out', async () => {
    const ann = await server.createUser('ann', [{ role: 'reader', repository: 'npm-hosted' }]);
    const folder = await cli.project('login', { '.npmrc': `registry=${registry}\n` });
    const typing = [
      { prompt: 'Username:', text: ann.name },
      { prompt: 'Password:', text: ann.password },
    ];
    expectSuccess(await cli.run(folder, ['login', '--auth-type=legacy'], typing));
    expect((await cli.run(folder, ['whoami'])).output.trim()).toBe('ann');
    const refused = await cli.run(
      await cli.project('login', { 'package.json': '{"name":"by-ann","version":"1.0.0"}' }),
      ['publish'],
    );
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain('E403');
    expectSuccess(await cli.run(folder, ['logout']));
    expect((await cli.run(folder, ['whoami'])).exitCode).not.toBe(0);
    const wrong = await cli.run(
      folder,
      ['login', '--auth-type=legacy'],
      [typing[0]!, { prompt: 'Password:', text: 'wrong' }],
    );
    expect(wrong.exitCode).not.toBe(0);
    expect(wrong.output).toContain('Incorrect username or password.');
  });

  it('takes name and password as _auth', async () => {
    const { name, password } = server.admin;
    const secret = Buffer.from(`${name}:${password}`).toString('base64');
    const folder = await cli.project('basic', {
      '.npmrc': `registry=${registry}\n${registry.replace('http:', '')}:_auth=${secret}\n`,
    });
    expect((await cli.run(folder, ['whoami'])).output.trim()).toBe(name);
    expectSuccess(await cli.run(folder, ['ping']));
  });
});
