import { Injectable } from '@nestjs/common';
// Value imports: Nest reads the constructor's parameter types.
import { Authorizer } from '#access';
import { Events, type NewEvent } from '#audit';
import { Database, type Tx } from '#database';
import { LarderError, systemActions, type SystemAction } from '#kernel';
import type { ApiCall } from './api-call.js';

/** The one way to change something here: in a transaction that also holds the event, with the right asked for once more. */
@Injectable()
export class Changes {
  constructor(
    private readonly database: Database,
    private readonly events: Events,
    private readonly authorizer: Authorizer,
  ) {}

  /** `work` runs again after a serialization failure, so it must have no effect outside the transaction. @throws forbidden, and what it throws */
  async make<T>(call: ApiCall, work: (tx: Tx) => Promise<{ value: T; events: readonly NewEvent[] }>): Promise<T> {
    // A body may take its time, and rights may be taken meanwhile.
    await this.authorizer.ready();
    return this.database.transaction(async tx => {
      this.requireStill(call);
      const { value, events } = await work(tx);
      await this.events.record(tx, call.actor, events);
      return value;
    });
  }

  private requireStill(call: ApiCall): void {
    const action = systemActions.find((known): known is SystemAction => known === call.operation.action);
    if (action === undefined) return;
    const verdict = this.authorizer.authorize(call.principal, action, {});
    if (!verdict.allow) throw new LarderError('forbidden', verdict.reason, { rule: verdict.rule });
  }
}
