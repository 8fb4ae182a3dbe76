import type { Database } from '#database';
import type { Logger } from '#kernel';
import type { Id } from './rows.js';

const flushMs = 5_000;

/**
 * Counts downloads in memory and writes them every few seconds, so that a download costs no statement. What a killed process had not written is lost: these are
 * statistics, not acknowledged writes.
 */
export class Usage {
  private counts = new Map<Id, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  downloaded(versionId: Id): void {
    this.counts.set(versionId, (this.counts.get(versionId) ?? 0) + 1);
    if (this.timer) return;
    this.timer = setTimeout(() => void this.flush(), flushMs);
    this.timer.unref();
  }

  async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = undefined;
    if (this.counts.size === 0) return;
    const counts = this.counts;
    this.counts = new Map();
    // In the order of ids, so that two processes that flush at once do not deadlock.
    const ids = [...counts.keys()].sort((a, b) => Number(BigInt(a) - BigInt(b)));
    try {
      await this.database.query(
        `insert into usage_day (version_id, day, downloads)
         select id, (now() at time zone 'utc')::date, n from unnest($1::bigint[], $2::bigint[]) as counted (id, n)
         on conflict (version_id, day) do update set downloads = usage_day.downloads + excluded.downloads`,
        [ids, ids.map(id => counts.get(id))],
      );
      await this.database.query('update version set last_used_at = now() where id = any($1)', [ids]);
    } catch (error) {
      this.logger.warn({ err: error }, 'download counts could not be written');
    }
  }
}
