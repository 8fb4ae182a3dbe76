import { Client } from 'pg';
import { LarderError, type Logger } from '#kernel';
import { connectionOf } from './connection.js';
import type { PendingNotification } from './open-transaction.js';

export type NotificationHandler = (payload: string) => void;

const retryMs = 500;
/** A firewall that forgets an idle connection tells neither side; without a beat this process would go on believing that nothing changes. */
const defaultBeat: Beat = { everyMs: 5_000, patienceMs: 10_000 };

export interface Beat {
  readonly everyMs: number;
  /** How long a statement of this session may take before the connection counts as lost. */
  readonly patienceMs: number;
}

/**
 * LISTEN on one connection of its own, the session that stays as long as the process. While it is down, `live` is false; when it is back, everybody who keeps
 * something fresh by notifications is told to drop it, because some may have been missed.
 */
export class Notifications {
  private readonly handlers = new Map<string, NotificationHandler[]>();
  private readonly reconnectHandlers: (() => void)[] = [];
  private client: Client | undefined;
  private stopped = false;
  private retry: NodeJS.Timeout | undefined;
  private nextBeat: NodeJS.Timeout | undefined;
  /** The statement before: a client takes one at a time. */
  private previous: Promise<unknown> = Promise.resolve();
  live = false;

  constructor(
    private readonly url: string,
    private readonly logger: Logger,
    private readonly beat: Beat = defaultBeat,
  ) {}

  async start(): Promise<void> {
    await this.connect();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.live = false;
    clearTimeout(this.retry);
    clearTimeout(this.nextBeat);
    await this.client?.end().catch(() => undefined);
  }

  on(topic: string, handler: NotificationHandler): void {
    const known = this.handlers.get(topic);
    if (known) known.push(handler);
    else {
      this.handlers.set(topic, [handler]);
      const statement = `listen ${quoteTopic(topic)}`;
      if (this.client)
        this.query(statement).catch((error: unknown) => this.logger.error({ err: error, topic }, 'LISTEN failed'));
    }
  }

  onReconnect(handler: () => void): void {
    this.reconnectHandlers.push(handler);
  }

  /** One statement in this session, after those that were asked for before. @throws unavailable while the connection is down */
  query<T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    const answer = this.previous.then(async () => {
      if (!this.client)
        throw new LarderError('unavailable', 'The database connection is being restored; repeat the request.', {
          retryAfterSeconds: 2,
        });
      return (await this.client.query(sql, parameters as unknown[])).rows as T[];
    });
    this.previous = answer.catch(() => undefined);
    return answer;
  }

  /** The process that commits must not wait for its own notification to come round. */
  deliverLocally(notifications: readonly PendingNotification[]): void {
    for (const { topic, payload } of notifications) this.dispatch(topic, payload);
  }

  private dispatch(topic: string, payload: string): void {
    for (const handler of this.handlers.get(topic) ?? []) {
      try {
        handler(payload);
      } catch (error) {
        this.logger.error({ err: error, topic }, 'a notification handler failed');
      }
    }
  }

  private async connect(): Promise<void> {
    const client = new Client({
      ...connectionOf(this.url),
      application_name: 'larder-listen',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: this.beat.patienceMs,
    });
    client.on('notification', message => this.dispatch(message.channel, message.payload ?? ''));
    client.on('error', error => this.lost(client, error));
    client.on('end', () => this.lost(client, undefined));
    try {
      await client.connect();
      for (const topic of this.handlers.keys()) await client.query(`listen ${quoteTopic(topic)}`);
      if (this.stopped) throw new Error('stopped while connecting');
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    this.client = client;
    this.live = true;
    this.expectAnswer(client);
  }

  /** Asks every few seconds whether the other side is still there. */
  private expectAnswer(client: Client): void {
    this.nextBeat = setTimeout(() => {
      this.query('select 1').then(
        () => {
          if (client === this.client && !this.stopped) this.expectAnswer(client);
        },
        (error: Error) => this.lost(client, error),
      );
    }, this.beat.everyMs);
    this.nextBeat.unref();
  }

  private lost(client: Client, error: Error | undefined): void {
    if (this.stopped || client !== this.client) return;
    this.client = undefined;
    this.live = false;
    clearTimeout(this.nextBeat);
    this.logger.warn(
      { err: error },
      'the notification connection was lost; caches check with the database until it is back',
    );
    this.dropEverything();
    void client.end().catch(() => undefined);
    this.scheduleRetry();
  }

  private scheduleRetry(): void {
    this.retry = setTimeout(() => {
      this.connect().then(
        () => this.dropEverything(),
        () => {
          if (!this.stopped) this.scheduleRetry();
        },
      );
    }, retryMs);
    this.retry.unref();
  }

  private dropEverything(): void {
    for (const handler of this.reconnectHandlers) handler();
  }
}

function quoteTopic(topic: string): string {
  if (!/^[a-z_]+$/.test(topic)) throw new Error(`"${topic}" cannot be a notification topic`);
  return `"${topic}"`;
}
