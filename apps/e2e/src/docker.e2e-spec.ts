import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWithClient, startTestServer, type TestServer } from '#testing';
import { DockerDaemon } from './docker-daemon.js';

describeWithClient(['dockerd', 'docker'], 'docker', () => {
  let server: TestServer;
  let docker: DockerDaemon;
  let clean: DockerDaemon;
  let context: string;
  let host: string;

  beforeAll(async () => {
    server = await startTestServer();
    await server.createRepository('docker-hosted', 'oci');
    await server.createRepository('docker-second', 'oci');
    host = new URL(server.url).host;
    [docker, clean] = await Promise.all([DockerDaemon.start(), DockerDaemon.start()]);
    context = await mkdtemp(join(tmpdir(), 'docker-context-'));
  }, 120_000);

  afterAll(async () => {
    await Promise.all([docker?.stop(), clean?.stop()]);
    await rm(context, { recursive: true, force: true });
    await server.stop();
  }, 60_000);

  async function build(image: string, text: string): Promise<void> {
    await writeFile(join(context, 'file'), text);
    await writeFile(
      join(context, 'Dockerfile'),
      'FROM scratch\nCOPY file /file\nLABEL made.by="a test"\nCMD ["/file"]\n',
    );
    await docker.succeed(['build', '-t', image, '.'], { folder: context });
  }

  const login = (daemon: DockerDaemon, password: string) =>
    daemon.docker(['login', host, '--username', server.admin.name, '--password-stdin'], { input: password });

  it('is refused with a wrong password and logs in with the right one and with an access token', async () => {
    const refused = await login(docker, 'not the password');
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain('unauthorized');
    expect((await login(docker, server.admin.password)).output).toContain('Login Succeeded');
    expect((await login(docker, server.admin.token)).output).toContain('Login Succeeded');
    expect((await login(clean, server.admin.token)).output).toContain('Login Succeeded');
  });

  it('pushes an image that another daemon pulls by tag and by digest', async () => {
    const image = `${host}/docker-hosted/team/app:1.0`;
    await build(image, 'the first');
    const pushed = await docker.succeed(['push', image]);
    const digest = /digest: (sha256:[a-f0-9]{64})/.exec(pushed)![1]!;
    expect(await clean.succeed(['pull', image])).toContain(digest);
    const ids = await Promise.all(
      [docker, clean].map(daemon => daemon.succeed(['inspect', '--format', '{{.Id}}', image])),
    );
    expect(ids[0]).toBe(ids[1]);
    await clean.succeed(['rmi', image]);
    await clean.succeed(['pull', `${host}/docker-hosted/team/app@${digest}`]);
  }, 120_000);

  it('is told why a fixed tag cannot be moved, and pushes it again when it is the same', async () => {
    const image = `${host}/docker-hosted/fixed:2.0.0`;
    await build(image, 'one');
    await docker.succeed(['push', image]);
    await docker.succeed(['push', image]);
    await build(image, 'another');
    const refused = await docker.docker(['push', image]);
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain('denied: ');
    expect(refused.output).toContain('cannot be overwritten because the tag is immutable');
    expect(refused.output).toMatch(/publish under a new tag/);
  }, 120_000);

  it('moves a free tag', async () => {
    const image = `${host}/docker-hosted/free:latest`;
    for (const text of ['one', 'two']) {
      await build(image, `free ${text}`);
      await docker.succeed(['push', image]);
    }
    await clean.succeed(['pull', image]);
  }, 120_000);

  it('mounts the layers of another repository, so that they are stored once', async () => {
    const [first, second] = [`${host}/docker-hosted/shared:latest`, `${host}/docker-second/shared:latest`];
    await build(first, 'shared between two repositories');
    await docker.succeed(['push', first]);
    const before = await blobCount();
    await docker.succeed(['tag', first, second]);
    expect(await docker.succeed(['push', second])).toMatch(/Mounted from docker-hosted\/shared|Layer already exists/);
    expect(await blobCount()).toBe(before);
    await clean.succeed(['pull', second]);
  }, 120_000);

  it('is denied at once when the user may only read', async () => {
    const reader = await server.createUser('docker-reader', [{ role: 'reader', repository: 'docker-hosted' }]);
    await clean.succeed(['login', host, '--username', reader.name, '--password-stdin'], { input: reader.token });
    const image = `${host}/docker-hosted/free:latest`;
    await clean.succeed(['pull', image]);
    await clean.succeed(['tag', image, `${host}/docker-hosted/denied:latest`]);
    const refused = await clean.docker(['push', `${host}/docker-hosted/denied:latest`]);
    expect(refused.code).not.toBe(0);
    expect(refused.output).toMatch(/denied/);
  }, 120_000);

  it('pulls what everyone may read without logging in', async () => {
    await server.grantEveryone('reader', 'docker-hosted');
    await clean.docker(['logout', host]);
    await clean.succeed(['rmi', '--force', `${host}/docker-hosted/team/app:1.0`]).catch(() => undefined);
    await clean.succeed(['pull', `${host}/docker-hosted/team/app:1.0`]);
    expect((await clean.docker(['pull', `${host}/docker-second/shared:latest`])).code).not.toBe(0);
  }, 120_000);

  async function blobCount(): Promise<number> {
    const [row] = await server.database.query<{ n: number }>('select count(*)::int as n from blob');
    return row!.n;
  }
});
