import { historyOf, isAcknowledged } from './history.js';
import { inParallel } from './in-parallel.js';
import type { HttpClient } from './http-client.js';
import type { Ledger, Result } from './ledger.js';
import { protocolOf } from './protocols/index.js';
import { textOf } from './sightings.js';
import type { Publication, Write } from './write.js';

/** Publishes as users do, and keeps the ledger. */
export class Publisher {
  /** Answers that no client should ever get, while the server was up. */
  readonly surprises: string[] = [];

  constructor(
    private readonly client: HttpClient,
    private readonly ledger: Ledger,
  ) {}

  /** Makes the writes of a publication, one after the other, and stops at the first that is not acknowledged. */
  publish(format: string, publication: Publication): Promise<Result> {
    return this.inOrder(protocolOf(format).plan(publication));
  }

  /** One write: the intent, the request, the outcome. */
  async attempt(write: Write): Promise<Result> {
    const attempt = await this.ledger.intend(write);
    const outcome = await this.ask(write);
    await this.ledger.conclude(attempt, outcome);
    return outcome.result;
  }

  /**
   * Repeats every publication that did not come to its end, as clients do whose answer was lost: what was acknowledged is left out, everything else must succeed, whatever
   * became of it before.
   */
  async finish(): Promise<Result[]> {
    const { writes } = historyOf(await this.ledger.read());
    const publications = Map.groupBy(writes.values(), ({ write }) =>
      [write.format, ...Object.values(write.publication)].join(' '),
    );
    const results: Result[] = [];
    await inParallel(4, publications.values(), async histories => {
      const { format, publication, steps } = histories[0]!.write;
      if (histories.length === steps && histories.every(isAcknowledged)) return;
      const done = new Set(histories.filter(isAcknowledged).map(({ write }) => write.id));
      const rest = protocolOf(format)
        .plan(publication)
        .filter(write => !done.has(write.id));
      results.push(await this.inOrder(rest));
    });
    return results;
  }

  private async inOrder(writes: readonly Write[]): Promise<Result> {
    for (const write of writes) {
      const result = await this.attempt(write);
      if (result !== 'acknowledged') return result;
    }
    return 'acknowledged';
  }

  private async ask(write: Write): Promise<{ result: Result; answered: boolean; detail: string }> {
    try {
      const answer = await protocolOf(write.format).send(this.client, write);
      const detail = `${answer.status} ${answer.status < 300 ? '' : textOf(answer)}`.trim();
      if (answer.status >= 500 && answer.status !== 503) this.surprises.push(`${write.id}: ${detail}`);
      const result = answer.status < 300 ? 'acknowledged' : answer.status < 500 ? 'refused' : 'unknown';
      return { result, answered: true, detail };
    } catch (error) {
      return { result: 'unknown', answered: false, detail: String(error) };
    }
  }
}
