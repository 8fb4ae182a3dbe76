import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '#testing';
import { silentLogger } from '#kernel';
import { connectionOf } from './connection.js';
import { Notifications } from './notifications.js';

/** A way to PostgreSQL that can fall silent without a word to either side, as a firewall does that forgets a connection. */
class SilentPath {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(target: { host: string; port: number }) {
    this.server = createServer(client => {
      const path = target.host.startsWith('/') ? { path: `${target.host}/.s.PGSQL.${target.port}` } : target;
      const behind = connect(path);
      for (const socket of [client, behind]) this.sockets.add(socket.on('error', () => undefined));
      client.pipe(behind).pipe(client);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>(resolve => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as { port: number }).port;
  }

  fallSilent(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

describe('the notification connection', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase();
  });
  afterAll(() => test.stop());

  it('notices that the other side no longer answers, and listens on a new one', async () => {
    const { host, port, user, password, database } = connectionOf(test.url);
    const path = new SilentPath({ host: String(host), port: Number(port ?? 5432) });
    const account = `${encodeURIComponent(String(user))}:${encodeURIComponent(String(password ?? ''))}`;
    const url = `postgresql://${account}@127.0.0.1:${await path.listen()}/${database}`;
    const notifications = new Notifications(url, silentLogger, { everyMs: 20, patienceMs: 200 });
    const { promise: dropped, resolve: drop } = Promise.withResolvers<void>();
    const { promise: heard, resolve: hear } = Promise.withResolvers<string>();
    notifications.onReconnect(drop);
    notifications.on('spec', hear);
    await notifications.start();
    path.fallSilent();
    await dropped;
    expect(notifications.live).toBe(false);
    await expect(notifications.query('select 1')).rejects.toMatchObject({ code: 'unavailable' });
    while (!notifications.live) await new Promise(resolve => setTimeout(resolve, 10));
    await test.database.query(`select pg_notify('spec', 'after')`);
    expect(await heard).toBe('after');
    await notifications.stop();
    path.close();
  });
});
