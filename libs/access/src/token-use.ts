import type { Logger } from '#kernel';
import type { Database } from '#database';

const flushAfterMs = 5_000;
/** Above this many tokens the batch is written early, so that memory stays bounded. */
const mostPending = 5_000;

interface Use {
  readonly address: string;
  readonly at: number;
}

/** Last use and address of tokens, written in one statement every few seconds: a request never waits for it. */
export class TokenUse {
  private pending = new Map<string, Use>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  record(tokenId: string, address: string): void {
    this.pending.set(tokenId, { address, at: performance.now() });
    if (this.pending.size >= mostPending) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), flushAfterMs).unref();
  }

  /** Writes what is pending. Never rejects: a lost time of use is worth a line in the log, not a failed request. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.pending;
    if (batch.size === 0) return this.writing;
    this.pending = new Map();
    this.writing = this.writing.then(() => this.write(batch));
    return this.writing;
  }

  private async write(batch: ReadonlyMap<string, Use>): Promise<void> {
    const now = performance.now();
    // Rows are locked in the order of their ids: two processes that write the same tokens cannot deadlock.
    const ids = [...batch.keys()].sort((a, b) => Number(a) - Number(b));
    const uses = ids.map(id => batch.get(id)!);
    try {
      await this.database.query(
        `with used as (
           select * from unnest($1::bigint[], $2::text[], $3::float8[]) as used(id, address, age_ms)
         ), locked as (
           select t.id from access_token t where t.id = any($1::bigint[]) order by t.id for no key update
         )
         update access_token t
         set last_used_at = greatest(t.last_used_at, now() - make_interval(secs => used.age_ms / 1000)), last_used_address = used.address
         from used join locked on locked.id = used.id
         where t.id = used.id`,
        [ids, uses.map(use => use.address), uses.map(use => now - use.at)],
      );
    } catch (error) {
      this.logger.warn({ err: error, tokens: ids.length }, 'the last use of some access tokens could not be written');
    }
  }
}
