import type { Pool, PoolClient } from 'pg';
import type { Logger } from '#kernel';

/**
 * Differs after every start of PostgreSQL and after every recovery from a crash: a server that loses a backend recovers without a new start,
 * but begins its statistics anew.
 */
const serverLife = `pg_postmaster_start_time()::text || ' ' || coalesce((select stats_reset::text from pg_stat_bgwriter), '')`;

const mostQuestions = 20;
const pauseMs = 200;

/** Finds out what became of a transaction whose connection broke during COMMIT. */
export class CommitOutcomes {
  /** In which life of the server a connection was made; it does not outlive it. */
  private readonly lives = new WeakMap<PoolClient, string>();

  constructor(private readonly logger: Logger) {}

  /** For every new connection, before it is used. */
  async remember(client: PoolClient): Promise<void> {
    const result = await client.query<{ life: string }>(`select ${serverLife} as life`);
    this.lives.set(client, result.rows[0]!.life);
  }

  /**
   * Asks on a fresh connection. While the transaction is still in progress the question is repeated for some seconds. PostgreSQL gives the ids of
   * transactions that a crash has undone to others, so in another life of the server an id says nothing: false then, though it may have happened.
   */
  async wasCommitted(pool: Pool, client: PoolClient, xid: string): Promise<boolean> {
    const life = this.lives.get(client);
    for (let question = 0; question < mostQuestions; question++) {
      try {
        const result = await pool.query<{ life: string; status: string | null }>(
          `select ${serverLife} as life, pg_xact_status($1::text::xid8) as status`,
          [xid],
        );
        const row = result.rows[0]!;
        if (row.life !== life) return false;
        if (row.status !== 'in progress') return row.status === 'committed';
      } catch (error) {
        this.logger.warn({ err: error }, 'the outcome of a commit could not be looked up yet');
      }
      await new Promise(resolve => setTimeout(resolve, pauseMs));
    }
    return false;
  }
}
