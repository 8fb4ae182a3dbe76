import { z } from 'zod';
import { timeOrderedId, type Logger } from '#kernel';
import type { Database } from '#database';
import type { FailureNews } from './failed-logins.js';

const topic = 'access_failures';

const message = z.object({
  from: z.string(),
  kind: z.enum(['failed', 'reset']),
  name: z.string().nullable(),
  address: z.string(),
});

/** Tells the other processes about failed log-ins. What is lost only lets an attacker try a little more often. */
export class FailureExchange {
  private readonly self = timeOrderedId();
  private readonly sending = new Set<Promise<void>>();

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  listen(handler: (news: FailureNews) => void): void {
    this.database.on(topic, payload => {
      const parsed = message.safeParse(parseJson(payload));
      if (parsed.success && parsed.data.from !== this.self) handler(parsed.data);
    });
  }

  /** Returns at once; the refusal of a log-in does not wait for it. */
  tell(news: FailureNews): void {
    const sent = this.send(news).finally(() => this.sending.delete(sent));
    this.sending.add(sent);
  }

  /** Resolves when everything told so far is sent or given up. */
  async settled(): Promise<void> {
    await Promise.all(this.sending);
  }

  private async send(news: FailureNews): Promise<void> {
    try {
      await this.database.transaction(async tx => tx.notify(topic, JSON.stringify({ from: this.self, ...news })));
    } catch (error) {
      this.logger.debug({ err: error }, 'other processes could not be told about a failed log-in');
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
