import type { Pool, PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { LarderError, runInTransactionScope, systemCode, type Logger } from '#kernel';
import { CommitOutcomes } from './commit-outcomes.js';
import type { Tx } from './contract.js';
import { connectionOf } from './connection.js';
import { Notifications, type NotificationHandler } from './notifications.js';
import { OpenTransaction } from './open-transaction.js';
import { asUnavailable, isConnectionFailure } from './unavailable.js';

export interface DatabaseOptions {
  readonly url: string;
  readonly logger: Logger;
  /** Connections for queries and transactions; one more is used for notifications. Default 10. */
  readonly poolSize?: number;
}

const maxAttempts = 5;
/** serialization_failure and deadlock_detected: the transaction may simply be run again. */
const repeatable = new Set(['40001', '40P01']);

/**
 * The pool, transactions and notifications. PostgreSQL decides every race; this class only repeats what it asks to be repeated and finds out
 * what became of a commit whose answer was lost.
 */
export class Database {
  private readonly logger: Logger;
  private readonly notifications: Notifications;
  private readonly held = new Set<string>();

  private constructor(
    private readonly source: DataSource,
    private readonly pool: Pool,
    private readonly outcomes: CommitOutcomes,
    { url, logger }: DatabaseOptions,
  ) {
    this.logger = logger;
    this.notifications = new Notifications(url, logger);
    // A checked-out connection that PostgreSQL ends emits `error`; without a listener that would end the process. The query in flight fails by itself.
    // When it is handed out, not when it is made: TypeORM has made one before anybody can listen.
    const heard = new WeakSet<PoolClient>();
    pool.on('acquire', client => {
      if (heard.has(client)) return;
      heard.add(client);
      client.on('error', error => logger.warn({ err: error }, 'a database connection failed'));
    });
  }

  /**
   * Connects. Statements end after 15 s, waits for locks after 5 s, transactions that idle after 30 s; a request waits at most 1 s for a
   * connection and is then refused with 503.
   */
  static async connect(options: DatabaseOptions): Promise<Database> {
    const outcomes = new CommitOutcomes(options.logger);
    const source = new DataSource({
      type: 'postgres',
      applicationName: 'larder',
      poolSize: options.poolSize ?? 10,
      extra: {
        ...connectionOf(options.url),
        connectionTimeoutMillis: 1_000,
        idleTimeoutMillis: 60_000,
        statement_timeout: 15_000,
        lock_timeout: 5_000,
        idle_in_transaction_session_timeout: 30_000,
        keepAlive: true,
        onConnect: (client: PoolClient) => outcomes.remember(client),
      },
      poolErrorHandler: (error: unknown) => options.logger.warn({ err: error }, 'an idle database connection failed'),
    });
    try {
      await source.initialize();
    } catch (error) {
      throw asUnavailable(error);
    }
    const pool = (source.driver as unknown as { master: Pool }).master;
    const database = new Database(source, pool, outcomes, options);
    await database.notifications.start();
    return database;
  }

  async close(): Promise<void> {
    await this.notifications.stop();
    await this.source.destroy();
  }

  /** One statement outside a transaction. */
  async query<T = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    try {
      const result = await this.pool.query(sql, parameters as unknown[]);
      return result.rows as T[];
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  /**
   * Runs `work` in one transaction and commits. Serialization failures and deadlocks are repeated up to five times, so `work` must have no
   * effect outside the transaction. When the connection breaks during COMMIT the outcome is looked up on a new one: committed resolves
   * normally, anything else is `unavailable`.
   * @throws unavailable when PostgreSQL cannot be reached or the outcome stays unknown; whatever `work` throws, after a rollback.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (!repeatable.has(systemCode(error) ?? '') || attempt === maxAttempts) throw asUnavailable(error);
        await new Promise(resolve => setTimeout(resolve, Math.random() * 20 * 2 ** attempt));
      }
    }
  }

  /** Handles notifications of a topic, from this process (at commit) and from others. */
  on(topic: string, handler: NotificationHandler): void {
    this.notifications.on(topic, handler);
  }

  /** Called when notifications may have been missed: whatever they keep fresh must be dropped. */
  onReconnect(handler: () => void): void {
    this.notifications.onReconnect(handler);
  }

  /** False while notifications cannot arrive; caches must then check before they answer. */
  get notificationsLive(): boolean {
    return this.notifications.live;
  }

  /**
   * Takes a name that one holder at a time can have, over all processes, without a transaction that stays open. Ends with the returned function, which never
   * rejects, or when the connection that notifications arrive on is lost. Undefined: somebody has it.
   * @throws unavailable
   */
  async hold(name: string): Promise<(() => Promise<void>) | undefined> {
    if (this.held.has(name)) return undefined;
    this.held.add(name);
    try {
      const rows = await this.notifications.query<{ taken: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as taken',
        [name],
      );
      if (rows[0]?.taken) return () => this.letGo(name);
    } catch (error) {
      this.held.delete(name);
      throw asUnavailable(error);
    }
    this.held.delete(name);
    return undefined;
  }

  private async letGo(name: string): Promise<void> {
    try {
      await this.notifications.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name]);
    } catch (error) {
      this.logger.debug({ err: error }, 'a lock ended with its connection');
    } finally {
      this.held.delete(name);
    }
  }

  private async attempt<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.acquire();
    const tx = new OpenTransaction(client);
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const result = await runInTransactionScope(() => work(tx));
      await tx.sendNotifications();
      await this.commit(client);
      this.notifications.deliverLocally(tx.notifications);
      return result;
    } catch (error) {
      broken = await rollback(client);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  private async acquire(): Promise<PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  private async commit(client: PoolClient): Promise<void> {
    const assigned = await client.query<{ xid: string | null }>('select pg_current_xact_id_if_assigned()::text as xid');
    const xid = assigned.rows[0]?.xid ?? null;
    try {
      await client.query('commit');
    } catch (error) {
      if (systemCode(error) !== undefined && !isConnectionFailure(error)) throw error;
      if (xid !== null && (await this.outcomes.wasCommitted(this.pool, client, xid))) {
        this.logger.warn({ xid }, 'the answer to a commit was lost; the transaction is committed');
        return;
      }
      throw new LarderError(
        'unavailable',
        'The database connection broke while the change was being saved; repeat the request.',
        {
          retryAfterSeconds: 2,
          cause: error,
        },
      );
    }
  }
}

/** Returns the error that makes the connection unusable, if there was one. */
async function rollback(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('rollback');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
