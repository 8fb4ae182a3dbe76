/** An open transaction. Functions that write take it first, so that they cannot be called outside one. */
export interface Tx {
  query<T = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
  /** Sends a notification when, and only if, the transaction commits; handlers in this process run before `transaction` resolves. */
  notify(topic: string, payload: string): void;
}
