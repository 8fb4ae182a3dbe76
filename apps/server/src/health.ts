import type { Database } from '#database';

const databasePatienceMs = 1_000;
/** A probe per second must not become a query per second on every node. */
const rememberedMs = 1_000;

/** Whether this process can serve. `live` touches nothing; `ready` asks the database and the blob store, at most once a second. */
export class Health {
  draining = false;
  /** When readiness was last asked about: tells whether somebody in front of us listens to it. */
  lastProbeAt = 0;
  private checkedAt = 0;
  private problem: string | undefined;

  constructor(
    private readonly database: Database,
    private readonly requireWritable: () => Promise<void>,
  ) {}

  /** Undefined when ready, else one sentence. */
  async notReadyBecause(): Promise<string | undefined> {
    this.lastProbeAt = Date.now();
    if (this.draining) return 'shutting down';
    if (Date.now() - this.checkedAt < rememberedMs) return this.problem;
    this.problem =
      (await this.check('the database does not answer', this.database.query('select 1'))) ??
      (await this.check('the blob store cannot be written', this.requireWritable()));
    this.checkedAt = Date.now();
    return this.problem;
  }

  private async check(problem: string, work: Promise<unknown>): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>(resolve => {
      timer = setTimeout(() => resolve(problem), databasePatienceMs);
    });
    const outcome = work.then(
      () => undefined,
      () => problem,
    );
    const result = await Promise.race([outcome, late]);
    clearTimeout(timer);
    return result;
  }
}
