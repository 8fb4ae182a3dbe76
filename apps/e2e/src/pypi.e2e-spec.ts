import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pypi } from '#formats/pypi';
import { describeWithClient, startTestServer, type TestServer } from '#testing';
import { PythonTools } from './python-tools.js';

// Debian's pip beside the one of the path: 23.0 reads metadata from HTML only and dies of keys that later ones ignore.
const pips = ['pip', ...(existsSync('/usr/bin/pip') ? ['/usr/bin/pip'] : [])];

describeWithClient(['twine', 'pip', 'python3'], 'twine and pip', () => {
  let server: TestServer;
  let tools: PythonTools;
  let baseUrl: string;
  let index: string;
  let counter = 0;
  /** A project of its own for each test. */
  let name: string;

  beforeAll(async () => {
    server = await startTestServer();
    await server.createRepository('py', 'pypi');
    baseUrl = `${server.url}/repository/py`;
    index = `${baseUrl.replace('://', `://__token__:${server.admin.token}@`)}/simple/`;
    tools = await PythonTools.create(server.admin.token);
  }, 120_000);

  afterAll(async () => {
    await tools?.remove();
    await server.stop();
  }, 60_000);

  beforeEach(() => {
    name = `demo${++counter}`;
  });

  const upload = (more: readonly string[] = [], password: string = server.admin.token) =>
    tools.run(
      'twine',
      ['upload', '--disable-progress-bar', '--non-interactive', '--repository-url', `${baseUrl}/`, ...more, ...files()],
      {
        TWINE_USERNAME: '__token__',
        TWINE_PASSWORD: password,
      },
    );

  let made: string[] = [];
  const files = () => made;

  async function publish(version: string, text: string): Promise<void> {
    await make(version, text);
    expect(await upload()).toMatchObject({ code: 0 });
  }

  async function make(version: string, text: string): Promise<void> {
    await tools.make(name, version, text);
    made = [`dist/${name}-${version}-py3-none-any.whl`, `dist/${name}-${version}.tar.gz`];
  }

  async function sha256Of(file: string): Promise<string> {
    return createHash('sha256')
      .update(await readFile(join(tools.folder, file)))
      .digest('hex');
  }

  it('work with nothing but the printed snippets', async () => {
    const { origin, host } = new URL(server.url);
    const snippets = pypi.snippets({ origin, host, repository: 'py', baseUrl, settings: {} });
    const textOf = (purpose: string) => snippets.find(snippet => snippet.purpose === purpose)!.text;
    await tools.make('demo', '1.0', 'from the snippets');
    expect(await tools.shell(textOf('publish'))).toMatchObject({ code: 0 });
    const target = await tools.target();
    expect(await tools.shell(textOf('read'), { PIP_TARGET: target })).toMatchObject({ code: 0 });
    expect(await tools.textOf('demo', target)).toBe('from the snippets');
    const setUp = join(tools.folder, 'pip.conf');
    expect(
      await tools.shell(`${textOf('set-up')} && pip download --dest ${await tools.target()} demo`, {
        PIP_CONFIG_FILE: setUp,
      }),
    ).toMatchObject({ code: 0 });
  }, 120_000);

  describe.each(pips)('%s', pip => {
    const install = (target: string, args: readonly string[]) =>
      tools.succeed(pip, ['install', '--index-url', index, '--target', target, ...args]);

    it('installs a wheel and an sdist byte for byte', async () => {
      await publish('1.0', 'hello');
      for (const kind of ['--only-binary', '--no-binary']) {
        const target = await tools.target();
        await install(target, ['--no-build-isolation', kind, ':all:', name]);
        expect(await tools.textOf(name, target)).toBe('hello');
      }
      const target = await tools.target();
      await tools.succeed(pip, ['download', '--index-url', index, '--no-deps', '--dest', target, name]);
      const [downloaded] = await tools.files(target);
      expect(await readFile(join(target, downloaded!))).toEqual(
        await readFile(join(tools.folder, 'dist', downloaded!)),
      );
    }, 120_000);

    it('checks the hashes of a requirements file, and refuses another', async () => {
      await publish('1.0', 'hello');
      const requirements = join(tools.folder, 'requirements.txt');
      await writeFile(requirements, `${name}==1.0 --hash=sha256:${await sha256Of(made[0]!)}\n`);
      await install(await tools.target(), ['--require-hashes', '-r', requirements]);
      await writeFile(requirements, `${name}==1.0 --hash=sha256:${'0'.repeat(64)}\n`);
      const args = [
        'install',
        '--index-url',
        index,
        '--target',
        await tools.target(),
        '--require-hashes',
        '-r',
        requirements,
      ];
      expect((await tools.run(pip, args)).output).toContain('DO NOT MATCH THE HASHES');
    }, 120_000);

    it('sees a version that was published a second ago, and passes over a yanked one', async () => {
      await publish('1.0', 'first');
      await publish('1.1', 'second');
      const target = await tools.target();
      await install(target, [name]);
      expect(await tools.textOf(name, target)).toBe('second');
      await yank(name, '1.1', 'broken build');
      const older = await tools.target();
      await install(older, [name]);
      expect(await tools.textOf(name, older)).toBe('first');
      expect(await install(await tools.target(), [`${name}==1.1`])).toContain('broken build');
    }, 120_000);
  });

  it('twine repeats an identical upload, and is told why another wheel of the version is refused', async () => {
    await publish('1.0', 'first');
    expect(await upload()).toMatchObject({ code: 0 });
    const sha256 = await sha256Of(made[0]!);
    await make('1.0', 'second');
    const refused = await upload();
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain('409 Conflict');
    // twine folds its lines.
    expect(refused.output.replace(/\s+/g, ' ')).toContain(
      `File already exists ('${name}-1.0-py3-none-any.whl', with sha256 hash '${sha256}'). Use a different version.`,
    );
    expect(await upload(['--skip-existing'])).toMatchObject({ code: 0, output: expect.stringContaining('Skipping') });
  }, 120_000);

  it('twine is told of a wrong token, also before a large file is read', async () => {
    await make('1.0', 'hello');
    expect((await upload([], 'wrong')).output).toContain('401');
    const large = `${name}-2.0.tar.gz`;
    await writeFile(join(tools.folder, 'dist', large), await sdistOf(40_000_000));
    made = [`dist/${large}`];
    const refused = await upload([], 'wrong');
    expect(refused.output).toContain('401');
    expect(refused.code).not.toBe(0);
  }, 120_000);

  it('pip without credentials finds nothing in a private repository, and everything in one that everyone may read', async () => {
    await publish('1.0', 'hello');
    const args = ['install', '--index-url', `${baseUrl}/simple/`, '--target', await tools.target(), name];
    expect((await tools.run('pip', args)).code).not.toBe(0);
    await server.grantEveryone('reader', 'py');
    await tools.succeed('pip', args);
  }, 120_000);

  /** Twine reads the PKG-INFO of what it uploads, so the large file is a real sdist with noise in it. */
  async function sdistOf(sizeBytes: number): Promise<Buffer> {
    const script = `
import io, os, sys, tarfile
buffer = io.BytesIO()
with tarfile.open(fileobj=buffer, mode='w:gz', compresslevel=1) as sdist:
    for path, content in (('PKG-INFO', b'Metadata-Version: 2.1\\nName: ${name}\\nVersion: 2.0\\n'), ('noise', os.urandom(${sizeBytes}))):
        member = tarfile.TarInfo('${name}-2.0/' + path)
        member.size = len(content)
        sdist.addfile(member, io.BytesIO(content))
open('large.tar.gz', 'wb').write(buffer.getvalue())
`;
    await tools.succeed('python3', ['-c', script]);
    return readFile(join(tools.folder, 'large.tar.gz'));
  }

  async function yank(project: string, version: string, reason: string): Promise<void> {
    const packages = await api('GET', `/packages?name=${project}`);
    const versions = await api('GET', `/packages/${packages.items[0]!.id}/versions`);
    const { id } = versions.items.find(item => item.version === version)!;
    await api('PATCH', `/versions/${id}`, { states: { yanked: { reason } } });
  }

  async function api(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ items: { id: string; version: string }[] }> {
    const headers = { authorization: server.admin.bearer, 'content-type': 'application/merge-patch+json' };
    const answer = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { items: { id: string; version: string }[] };
  }
});
