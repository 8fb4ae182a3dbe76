import type { PoolClient } from 'pg';
import type { Tx } from './contract.js';

export interface PendingNotification {
  readonly topic: string;
  readonly payload: string;
}

/** The transaction that `Database.transaction` hands to its work: statements on one connection, and what is told at commit. */
export class OpenTransaction implements Tx {
  readonly notifications: PendingNotification[] = [];

  constructor(private readonly client: PoolClient) {}

  async query<T = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    const result = await this.client.query(sql, parameters as unknown[]);
    return result.rows as T[];
  }

  notify(topic: string, payload: string): void {
    this.notifications.push({ topic, payload });
  }

  async sendNotifications(): Promise<void> {
    if (this.notifications.length === 0) return;
    const topics = this.notifications.map(entry => entry.topic);
    const payloads = this.notifications.map(entry => entry.payload);
    await this.client.query('select pg_notify(t, p) from unnest($1::text[], $2::text[]) as n (t, p)', [
      topics,
      payloads,
    ]);
  }
}
