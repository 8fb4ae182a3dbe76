/** What this room needs of the database room. */
export interface Tx {
  query<T = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
  /** Sent at commit. */
  notify(topic: string, payload: string): void;
}

export interface Database {
  query<T = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  on(topic: string, handler: (payload: string) => void): void;
  onReconnect(handler: () => void): void;
  readonly notificationsLive: boolean;
}
