import type { Database } from '#database';
import type { Logger } from '#kernel';
import type { Decision } from './contract.js';
import { jsonSafe, printable, withoutQueryValues, withoutSecrets } from './safe-text.js';

// A refusal storm must cost memory and database a bounded amount: what does not fit is counted and dropped.
const maxPending = 10_000;
const batchSize = 500;
const intervalMilliseconds = 200;
const maxIntervalMilliseconds = 5_000;
const maxTries = 10;
const keepDays = 7;
const keepRows = 100_000;
const trimEvery = 5_000;

/**
 * Why requests were refused or found nothing, kept for a week. Adding never waits, never throws and never slows the answer; rows are written
 * behind it in batches.
 */
export class Decisions {
  /** Decisions that were given up: the queue was full, or the database refused them ten times. */
  dropped = 0;
  private pending = new Map<string, Decision>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private failures = 0;
  private writtenSinceTrim = trimEvery;

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  /** Queues one decision. Texts from outside are made printable and cut, query values and token secrets are removed. */
  add(decision: Decision): void {
    if (this.pending.size >= maxPending) {
      this.dropped++;
      return;
    }
    this.pending.set(decision.id, clean(decision));
    this.schedule();
  }

  /** Looks among the queued ones first, so that the id in an answer works at once (on the process that gave it). */
  async find(id: string): Promise<Decision | undefined> {
    const queued = this.pending.get(id);
    if (queued) return queued;
    const rows = await this.database.query<Decision>(
      `select id, at, principal_id as "principalId", principal_name as "principalName", method, url, status, code, message, repository, rule, steps
       from decision where id = $1`,
      [id],
    );
    return rows[0];
  }

  /** Writes everything that is queued; for the end of the process and for tests. Never throws. */
  async flush(): Promise<void> {
    this.cancelTimer();
    while (this.pending.size > 0 || this.writing) await this.writeOnce();
  }

  private schedule(): void {
    if (this.timer) return;
    const wait = Math.min(intervalMilliseconds * 2 ** this.failures, maxIntervalMilliseconds);
    this.timer = setTimeout(() => void this.tick(), wait).unref();
  }

  /** Writes batches until nothing is left or one fails; a failed one is tried again after a growing pause. */
  private async tick(): Promise<void> {
    this.cancelTimer();
    do await this.writeOnce();
    while (this.pending.size > 0 && this.failures === 0);
    if (this.pending.size > 0) this.schedule();
  }

  private cancelTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async writeOnce(): Promise<void> {
    this.writing ??= this.writeBatch();
    await this.writing;
  }

  private async writeBatch(): Promise<void> {
    const batch = [...this.pending.values()].slice(0, batchSize);
    try {
      await this.insert(batch);
      this.failures = 0;
      for (const decision of batch) this.pending.delete(decision.id);
      await this.trim(batch.length);
    } catch (error) {
      this.logger.warn({ err: error, decisions: batch.length }, 'decisions could not be written yet');
      if (++this.failures >= maxTries) this.giveUp(batch);
    } finally {
      this.writing = undefined;
    }
  }

  private giveUp(batch: readonly Decision[]): void {
    this.failures = 0;
    this.dropped += batch.length;
    this.logger.error({ decisions: batch.length }, 'decisions were given up after ten tries');
    for (const decision of batch) this.pending.delete(decision.id);
  }

  private async insert(batch: readonly Decision[]): Promise<void> {
    await this.database.query(
      `insert into decision (id, at, principal_id, principal_name, method, url, status, code, message, repository, rule, steps)
       select item->>'id', (item->>'at')::timestamptz, item->>'principalId', item->>'principalName', item->>'method', item->>'url',
              (item->>'status')::int, item->>'code', item->>'message', item->>'repository', item->>'rule', item->'steps'
       from jsonb_array_elements($1::jsonb) as item on conflict (id) do nothing`,
      [JSON.stringify(batch)],
    );
  }

  /** Ids sort by time, so the newest rows are those with the greatest ids. Deletes at most 20,000 rows at a time. */
  private async trim(written: number): Promise<void> {
    this.writtenSinceTrim += written;
    if (this.writtenSinceTrim < trimEvery) return;
    this.writtenSinceTrim = 0;
    await this.database.query(
      `delete from decision where id in (
         (select id from decision order by id desc offset ${keepRows} limit 10000)
         union (select id from decision where at < now() - interval '${keepDays} days' limit 10000))`,
    );
  }
}

function clean(decision: Decision): Decision {
  const steps = jsonSafe(decision.steps, 1_000) as unknown[];
  return {
    ...decision,
    principalName: printable(decision.principalName, 200),
    method: printable(decision.method, 20),
    url: printable(withoutQueryValues(decision.url), 2_000),
    message: printable(withoutSecrets(decision.message), 2_000),
    repository: decision.repository === null ? null : printable(decision.repository, 100),
    rule: decision.rule === null ? null : printable(decision.rule, 600),
    steps: JSON.parse(withoutSecrets(JSON.stringify(steps))) as unknown[],
  };
}
