import { Injectable } from '@nestjs/common';
// Value imports: Nest reads the constructor's parameter types.
import { Events, type NewEvent } from '#audit';
import { Database, type Tx } from '#database';
import type { ApiCall } from './api-call.js';

/** The one way to change something here: in a transaction that also holds the event. */
@Injectable()
export class Changes {
  constructor(
    private readonly database: Database,
    private readonly events: Events,
  ) {}

  make<T>(call: ApiCall, work: (tx: Tx) => Promise<{ value: T; events: readonly NewEvent[] }>): Promise<T> {
    return this.database.transaction(async tx => {
      const { value, events } = await work(tx);
      await this.events.record(tx, call.actor, events);
      return value;
    });
  }
}
