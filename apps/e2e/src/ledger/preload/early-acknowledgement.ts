import { Client } from 'pg';
import { onOrder } from './orders.js';

/**
 * A negative control, loaded into the server with `--import`: from the order on, COMMIT is reported as done at once and reaches PostgreSQL only some time later, as with a
 * server that answers before its commit.
 */
type Query = (...parameters: unknown[]) => unknown;

onOrder('acknowledge-early', ({ delaySeconds }) => {
  const client = Client.prototype as unknown as { query: Query };
  const { query } = client;
  client.query = function (this: unknown, ...parameters: unknown[]): unknown {
    if (parameters[0] !== 'commit') return query.apply(this, parameters);
    // The connection works off its queries one after the other, so whatever comes next on it waits for the real commit.
    for (const statement of [`select pg_sleep(${Number(delaySeconds)})`, 'commit']) {
      (query.call(this, statement) as Promise<unknown>).catch(() => undefined);
    }
    return Promise.resolve({ command: 'COMMIT', rows: [], rowCount: null });
  };
});
