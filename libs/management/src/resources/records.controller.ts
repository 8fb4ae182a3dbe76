import { LarderError, type ErrorCode } from '#kernel';
// Value imports: Nest reads the constructor's parameter types.
import { Authorizer, type Principal } from '#access';
import { Decisions, Events, type Decision, type EventFilter, type EventRow } from '#audit';
import { statusOf } from '#registry';
import type { CallOf } from '../http/api-call.js';
import type { Output } from '../http/operation.js';
import { decodeIdCursor, pageFrom } from '../http/paging.js';
import { problemTitles } from '../http/problem.js';
import { ItemStream, Reply } from '../http/reply.js';
import { ApiController, Call, Serves } from '../http/serves.js';
import { iso } from '../views/sql.js';
import { getDecision, getProblem, listAuditEvents } from './records.operations.js';

// The rule of such a refusal would tell whether the thing exists.
const hidingCodes: ReadonlySet<string> = new Set<ErrorCode>([
  'not-found',
  'unauthenticated',
  'unknown-reference',
  'upload-unknown',
]);
const streamBatch = 500;

/** What happened, and why something did not. */
@ApiController()
export class RecordsController {
  constructor(
    private readonly decisions: Decisions,
    private readonly events: Events,
    private readonly authorizer: Authorizer,
  ) {}

  @Serves(getDecision)
  async decision(@Call() call: CallOf<typeof getDecision>): Promise<Output<typeof getDecision>> {
    const decision = await this.decisions.find(call.params.decisionId);
    if (decision && this.mayAudit(call.principal))
      return { ...shapeOwn(decision), rule: decision.rule, ...shapeRest(decision) };
    if (decision?.principalId === call.principal.id) return shapeOwn(decision);
    throw new LarderError(
      'not-found',
      'There is no such decision, or it is not yours; decisions are kept for seven days.',
    );
  }

  @Serves(listAuditEvents)
  async list(
    @Call() call: CallOf<typeof listAuditEvents>,
  ): Promise<Output<typeof listAuditEvents> | Reply<ItemStream>> {
    const { limit, cursor, createdAfter, createdBefore, ...rest } = call.query;
    const filter: EventFilter = {
      ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as EventFilter),
      ...(createdAfter === undefined ? {} : { createdAfter: new Date(createdAfter) }),
      ...(createdBefore === undefined ? {} : { createdBefore: new Date(createdBefore) }),
    };
    const after = decodeIdCursor(cursor);
    if (call.request.accepts(['application/json', 'application/x-ndjson']) === 'application/x-ndjson') {
      return new Reply(new ItemStream(this.stream(filter, after)));
    }
    const rows = await this.events.list({
      filter,
      order: 'newest',
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    });
    return pageFrom(rows, limit, { item: shapeEvent, key: row => [row.sequence] });
  }

  @Serves(getProblem)
  problem(@Call() call: CallOf<typeof getProblem>): Output<typeof getProblem> {
    const { code } = call.params;
    return { code, status: statusOf(code), title: problemTitles[code] };
  }

  private mayAudit(principal: Principal): boolean {
    return this.authorizer.authorize(principal, 'system:audit', {}).allow;
  }

  /** Everything that matches, in batches: memory stays bounded however long the log is. */
  private async *stream(
    filter: EventFilter,
    start: string | undefined,
  ): AsyncGenerator<Output<typeof listAuditEvents>['items'][number]> {
    let after = start;
    for (;;) {
      const rows = await this.events.list({
        filter,
        order: 'oldest',
        limit: streamBatch,
        ...(after === undefined ? {} : { after }),
      });
      for (const row of rows) yield shapeEvent(row);
      if (rows.length < streamBatch) return;
      after = rows.at(-1)!.sequence;
    }
  }
}

function shapeOwn(decision: Decision) {
  const { id, at, method, url, status, code, message, rule } = decision;
  return { id, at: iso(at), method, url, status, code, message, rule: hidingCodes.has(code) ? null : rule };
}

function shapeRest(decision: Decision) {
  return { principal: decision.principalName, repository: decision.repository, steps: [...decision.steps] };
}

function shapeEvent(row: EventRow) {
  const { repositoryId: _repositoryId, at, ...rest } = row;
  return { ...rest, at: iso(at) };
}
