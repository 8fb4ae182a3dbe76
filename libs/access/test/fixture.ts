import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database, Tx } from '#database';
import { silentLogger } from '#kernel';
import { createAccess, type Access } from '../src/create-access.js';
import type { NewGrant } from '../src/grants.js';
import type { UserRow } from '../src/rows.js';

export const goodPassword = 'nineteen-blue-herons';

/** A clock that moves only when told to. */
export class TestClock {
  constructor(private time = Date.now()) {}

  now(): number {
    return this.time;
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
}

/** The whole room on one database, with people made in one line. */
export class AccessFixture {
  private constructor(
    readonly access: Access,
    readonly database: Database,
    readonly clock: TestClock,
    readonly dataDir: string,
  ) {}

  static async start(database: Database): Promise<AccessFixture> {
    const dataDir = await mkdtemp(join(tmpdir(), 'access-'));
    const clock = new TestClock();
    const access = createAccess({ database, dataDir, clock, logger: silentLogger });
    await access.ready();
    return new AccessFixture(access, database, clock, dataDir);
  }

  async stop(): Promise<void> {
    await this.access.stop();
    await rm(this.dataDir, { recursive: true });
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  async user(name: string, ...grants: Omit<NewGrant, 'subject' | 'createdBy'>[]): Promise<UserRow> {
    const passwordHash = await this.access.passwords.hash(goodPassword, name);
    return this.write(async tx => {
      const user = await this.access.users.create(tx, { name, passwordHash });
      for (const grant of grants) {
        await this.access.grants.create(tx, {
          ...grant,
          subject: { kind: 'user', userId: user.id },
          createdBy: 'test',
        });
      }
      return user;
    });
  }

  async token(
    user: UserRow,
    limits: { actions?: string[]; repositoryPattern?: string; expiresAt?: Date } = {},
  ): Promise<{ id: string; secret: string }> {
    const { row, secret } = await this.write(tx =>
      this.access.tokens.create(tx, { userId: user.id, name: 'test', kind: 'personal', ...limits }),
    );
    return { id: row.id, secret };
  }

  authenticate(
    authorization: string | undefined,
    address = '192.0.2.1',
  ): ReturnType<Access['authenticator']['authenticate']> {
    return this.access.authenticator.authenticate({ authorization, address });
  }
}

export function basic(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
}

export function bearer(secret: string): string {
  return `Bearer ${secret}`;
}
