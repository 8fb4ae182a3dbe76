import { Client } from 'pg';
import { onOrder } from './orders.js';

/**
 * A negative control, loaded into the server with `--import`: from the order on, COMMIT is reported as done at once and reaches PostgreSQL only some time later, as with a
 * server that answers before its commit.
 */
interface PooledClient {
  query(...parameters: unknown[]): unknown;
  release(...parameters: unknown[]): void;
}

onOrder('acknowledge-early', ({ delaySeconds }) => {
  const prototype = Client.prototype as unknown as PooledClient;
  const { query } = prototype;
  prototype.query = function (this: PooledClient, ...parameters: unknown[]): unknown {
    if (parameters[0] !== 'commit') return query.apply(this, parameters);
    const waited = query.call(this, `select pg_sleep(${Number(delaySeconds)})`) as Promise<unknown>;
    const committed = waited.then(() => query.call(this, 'commit')).catch(() => undefined);
    // Until then the connection is in its transaction, so nobody else may have it.
    const { release } = this;
    this.release = (...reasons) => void committed.finally(() => release.apply(this, reasons));
    return Promise.resolve({ command: 'COMMIT', rows: [], rowCount: null });
  };
});
