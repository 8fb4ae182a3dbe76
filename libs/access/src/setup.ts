import { timingSafeEqual } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LarderError, randomBase62, systemCode, timeOrderedId, type Clock, type Logger } from '#kernel';
import { administratorsLock } from './last-administrator.js';
import type { Database, Tx } from '#database';
import type { FailedLogins } from './failed-logins.js';
import type { Grants } from './grants.js';
import { isCommonPassword } from './password-policy.js';
import type { PasswordHash, Passwords } from './passwords.js';
import { hashToken } from './token-format.js';
import type { UserRow } from './rows.js';
import type { Users } from './users.js';

export interface FirstAdministrator {
  readonly name: string;
  readonly password: string;
  readonly displayName?: string | undefined;
  readonly email?: string | null | undefined;
}

/** Runs in the transaction that creates the administrator, for the event. */
export type SetupRecorder = (tx: Tx, user: UserRow) => Promise<void>;

export interface SetupServices {
  readonly database: Database;
  readonly users: Users;
  readonly grants: Grants;
  readonly passwords: Passwords;
  readonly failures: FailedLogins;
  readonly logger: Logger;
}

const codeLifeMs = 24 * 3_600_000;
/** `setup-<milliseconds in base 36>-<32 base62>`: the time stands in the code, so that the file can be copied without losing it. */
const codeShape = /^setup-([0-9a-z]{1,11})-[0-9A-Za-z]{32}$/;

/**
 * The first administrator. There is no default account: whoever can read a 0600 file of the server proves it with the code in it, once and
 * within 24 hours, or the operator has put a password into the settings.
 */
export class Setup {
  readonly codePath: string;
  private done = false;

  constructor(
    private readonly services: SetupServices,
    dataDir: string,
    private readonly clock: Clock,
  ) {
    this.codePath = join(dataDir, 'setup-code');
  }

  /** True when a first user exists or ever did. */
  async isDone(): Promise<boolean> {
    this.done ||= await this.services.users.any();
    return this.done;
  }

  /**
   * At start: makes sure that a valid code lies in the file, or that none does when set-up is done. The answer is null then.
   */
  async prepareCode(): Promise<{ path: string; expiresAt: Date } | null> {
    if (await this.isDone()) {
      await rm(this.codePath, { force: true });
      return null;
    }
    const present = await this.readCode();
    const expiresAt = present && expiryOf(present) > this.clock.now() ? expiryOf(present) : await this.writeCode();
    return { path: this.codePath, expiresAt: new Date(expiresAt) };
  }

  /**
   * Creates the first administrator, with every right everywhere, and ends set-up.
   * @throws invalid-credentials for a wrong or expired code (an expired one is replaced by a new one in the file), rate-limited,
   * conflict when set-up is done, invalid-name, invalid-request for the name and the password.
   */
  async complete(
    attempt: { readonly code: string; readonly address: string },
    administrator: FirstAdministrator,
    record?: SetupRecorder,
  ): Promise<UserRow> {
    if (await this.isDone()) throw alreadyDone();
    await this.checkCode(attempt.code, attempt.address);
    const passwordHash = await this.services.passwords.hash(administrator.password, administrator.name);
    const user = await this.createFirst({ ...administrator, passwordHash }, record);
    if (!user) throw alreadyDone();
    await rm(this.codePath, { force: true });
    return user;
  }

  /** Creates the user `admin` with the password of the settings when no user exists; null when one does. Safe on every start. */
  async ensureAdmin(password: string, record?: SetupRecorder): Promise<UserRow | null> {
    if (await this.isDone()) return null;
    if (isCommonPassword(password))
      this.services.logger.warn('LARDER_ADMIN_PASSWORD is among the first passwords that an attacker tries; change it');
    const passwordHash = await this.services.passwords.hashUnchecked(password);
    return this.createFirst({ name: 'admin', displayName: 'Administrator', passwordHash }, record);
  }

  /** Null when another process was faster: the lock makes them queue, the second finds a user. */
  private async createFirst(
    user: {
      name: string;
      displayName?: string | undefined;
      email?: string | null | undefined;
      passwordHash: PasswordHash;
    },
    record: SetupRecorder | undefined,
  ): Promise<UserRow | null> {
    const { database, users, grants } = this.services;
    const created = await database.transaction(async tx => {
      await tx.query('select pg_advisory_xact_lock($1)', [administratorsLock]);
      if (await users.any(tx)) return null;
      const row = await users.create(tx, user);
      await grants.create(tx, {
        subject: { kind: 'user', userId: row.id },
        role: 'administrator',
        createdBy: row.name,
      });
      await record?.(tx, row);
      return row;
    });
    this.done = true;
    return created;
  }

  private async checkCode(code: string, address: string): Promise<void> {
    const attempt = this.services.failures.begin('set-up', address);
    let present: string | undefined;
    try {
      present = await this.readCode();
    } catch (error) {
      attempt.withdrawn();
      throw error;
    }
    // Hashes have one length, so the comparison takes one time.
    if (present === undefined || !timingSafeEqual(hashToken(present), hashToken(code.trim()))) {
      attempt.failed();
      throw new LarderError(
        'invalid-credentials',
        `The set-up code is wrong. It stands in the file "setup-code" in the data folder of the server.`,
      );
    }
    attempt.succeeded();
    if (expiryOf(present) <= this.clock.now()) {
      await this.writeCode();
      throw new LarderError(
        'invalid-credentials',
        'The set-up code has expired. A new one stands in the file "setup-code" in the data folder of the server.',
      );
    }
  }

  private async readCode(): Promise<string | undefined> {
    try {
      const text = (await readFile(this.codePath, 'utf8')).trim();
      return codeShape.test(text) ? text : undefined;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Written aside and renamed: a reader sees the old code or the new one. Returns its expiry. */
  private async writeCode(): Promise<number> {
    const now = this.clock.now();
    const aside = `${this.codePath}.${timeOrderedId(now)}`;
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(`setup-${now.toString(36)}-${randomBase62(32)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, this.codePath);
    return now + codeLifeMs;
  }
}

function expiryOf(code: string): number {
  return Number.parseInt(codeShape.exec(code)![1]!, 36) + codeLifeMs;
}

function alreadyDone(): LarderError {
  return new LarderError(
    'conflict',
    'Set-up is done already. Sign in, or ask an administrator of this server for an account.',
  );
}
