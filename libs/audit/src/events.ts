import { Injectable } from '@nestjs/common';
// A value import: Nest reads the constructor's parameter types.
import { Database, type Tx } from '#database';
import type { Actor, EventRow, NewEvent } from './contract.js';
import { jsonSafe, printable } from './safe-text.js';

export interface EventFilter {
  readonly action?: string;
  /** Stable id of the principal (`user:7`). */
  readonly principalId?: string;
  readonly principalName?: string;
  /** Name of the repository at the time of the event. */
  readonly repository?: string;
  readonly package?: string;
  readonly version?: string;
  readonly tag?: string;
  readonly requestId?: string;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
}

export interface EventPage {
  readonly filter?: EventFilter;
  /** Sequence of the last event that the caller has; the page begins behind it in the given order. */
  readonly after?: string;
  /** `oldest` first for exports, `newest` first for pages. */
  readonly order: 'oldest' | 'newest';
  readonly limit: number;
}

// Settings and states are small; this only keeps a hostile text from filling the log.
const maxCharacters = 10_000;
const columns = ['package', 'version', 'tag', 'path', 'action', 'repository'] as const;

/** The append-only log of changes. */
@Injectable()
export class Events {
  constructor(private readonly database: Database) {}

  /**
   * Appends one event or several, in their order, with one statement, in the transaction of the change that they tell of:
   * the event exists exactly if the change does.
   */
  async record(tx: Tx, actor: Actor, event: NewEvent | readonly NewEvent[]): Promise<void> {
    const events = (Array.isArray(event) ? event : [event]) as readonly NewEvent[];
    if (events.length === 0) return;
    await tx.query(
      `insert into event (request_id, principal_id, principal_name, token_id, client, source_address,
                          action, repository_id, repository, package, version, tag, path, before, after)
       select $1, $2, $3, $4::bigint, $5, $6, item->>'action', (item->>'repositoryId')::bigint, item->>'repository', item->>'package',
              item->>'version', item->>'tag', item->>'path', nullif(item->'before', 'null'), nullif(item->'after', 'null')
       from jsonb_array_elements($7::jsonb) with ordinality as list(item, position) order by position`,
      [...actorValues(actor), JSON.stringify(events.map(item => jsonSafe(item, maxCharacters)))],
    );
  }

  /**
   * One page of the log by sequence. A transaction that commits late may add an event with a smaller sequence than one that was already
   * read, so a follower of the log should read again the last seconds of it.
   */
  async list(page: EventPage): Promise<EventRow[]> {
    const conditions: string[] = [];
    const values: unknown[] = [];
    const where = (sql: string, value: unknown): void => {
      if (value !== undefined) conditions.push(`${sql} $${values.push(value)}`);
    };
    const filter = page.filter ?? {};
    where(page.order === 'newest' ? 'sequence <' : 'sequence >', page.after);
    for (const column of columns) {
      if (column in filter) where(`${column} =`, filter[column as keyof EventFilter]);
    }
    where('principal_id =', filter.principalId);
    where('principal_name =', filter.principalName);
    where('request_id =', filter.requestId);
    where('at >=', filter.createdAfter);
    where('at <', filter.createdBefore);
    return this.database.query<EventRow>(
      `select sequence, at, request_id as "requestId", principal_id as "principalId", principal_name as "principalName", token_id as "tokenId",
              client, source_address as "sourceAddress", action, repository_id as "repositoryId", repository, package, version, tag, path,
              before, after
       from event ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
       order by sequence ${page.order === 'newest' ? 'desc' : 'asc'} limit $${values.push(page.limit)}`,
      values,
    );
  }
}

function actorValues(actor: Actor): unknown[] {
  return [
    cut(actor.requestId),
    actor.principalId,
    cut(actor.principalName),
    actor.tokenId,
    cut(actor.client),
    cut(actor.sourceAddress),
  ];
}

function cut(value: string | null): string | null {
  return value === null ? null : printable(value, 200);
}
