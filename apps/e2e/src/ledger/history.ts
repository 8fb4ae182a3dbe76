import type { Line, Result, State } from './ledger.js';
import type { Write } from './write.js';

/** One request for a write, as an interval on the ledger's clock. */
export interface Attempt {
  readonly start: number;
  /** When it had its last chance to take effect; infinite while nobody can tell. */
  end: number;
  result: Result;
  detail: string;
}

export interface WriteHistory {
  readonly write: Write;
  readonly attempts: Attempt[];
  settled: { at: number; state: State } | undefined;
}

export interface TagMove {
  readonly start: number;
  readonly end: number;
  readonly value: string | undefined;
  /** It is certain that it happened. */
  readonly sure: boolean;
}

export interface History {
  readonly writes: ReadonlyMap<string, WriteHistory>;
  /** By `format repository package tag`: all that may have moved it. */
  readonly tags: ReadonlyMap<string, readonly TagMove[]>;
}

/** Makes sense of a ledger's lines. */
export function historyOf(lines: readonly Line[]): History {
  const writes = new Map<string, WriteHistory>();
  const attempts = new Map<number, { attempt: Attempt; write: Write }>();
  const seen: { key: string; at: number; value: string | null }[] = [];
  lines.forEach((line, at) => {
    if (line.line === 'intent') {
      const attempt: Attempt = { start: at, end: Infinity, result: 'unknown', detail: 'the outcome was never written' };
      const history = writes.get(line.write.id) ?? { write: line.write, attempts: [], settled: undefined };
      history.attempts.push(attempt);
      writes.set(line.write.id, history);
      attempts.set(line.attempt, { attempt, write: line.write });
    } else if (line.line === 'outcome') {
      const { attempt } = attempts.get(line.attempt)!;
      Object.assign(attempt, { result: line.result, detail: line.detail, ...(line.answered ? { end: at } : {}) });
    } else if (line.line === 'settled') {
      writes.get(line.write)!.settled = { at, state: line.state };
    } else if (line.line === 'tag-seen') {
      seen.push({ key: line.key, at, value: line.value });
    } else {
      // What was under way when the server was killed cannot take effect any more.
      for (const { attempt } of attempts.values()) attempt.end = Math.min(attempt.end, at);
    }
  });
  return { writes, tags: tagMoves([...attempts.values()], seen) };
}

export function isAcknowledged({ attempts }: WriteHistory): boolean {
  return attempts.some(attempt => attempt.result === 'acknowledged');
}

/** What must be true of a write now; `either` when its last attempt may or may not have happened. */
export function expectedOf(history: WriteHistory): State | 'either' {
  const { attempts, settled } = history;
  if (isAcknowledged(history)) return 'whole';
  if (settled?.state === 'whole') return 'whole';
  return attempts.some(attempt => attempt.result === 'unknown' && attempt.start > (settled?.at ?? -1))
    ? 'either'
    : 'absent';
}

/**
 * Where a tag may point: to the target of any move behind which no other certain move lies as a whole. An empty set means that it may not even be missing.
 */
export function possibleTargets(moves: readonly TagMove[]): Set<string | undefined> {
  const overtaken = (move: TagMove) => moves.some(other => other.sure && other.start > move.end);
  const last = moves.filter(move => !overtaken(move)).map(move => move.value);
  return new Set(moves.some(move => move.sure) ? last : [...last, undefined]);
}

export function tagKey(write: Write, tag: string): string {
  return [write.format, write.repository, write.package, tag].join(' ');
}

function tagMoves(
  attempts: readonly { attempt: Attempt; write: Write }[],
  seen: readonly { key: string; at: number; value: string | null }[],
): Map<string, TagMove[]> {
  const tags = new Map<string, TagMove[]>();
  const add = (key: string, move: TagMove): void => void tags.set(key, [...(tags.get(key) ?? []), move]);
  for (const { attempt, write } of attempts) {
    if (attempt.result === 'refused') continue;
    for (const [tag, value] of Object.entries(write.tags)) {
      add(tagKey(write, tag), {
        start: attempt.start,
        end: attempt.end,
        value: value ?? undefined,
        sure: attempt.result === 'acknowledged',
      });
    }
  }
  for (const { key, at, value } of seen) add(key, { start: at, end: at, value: value ?? undefined, sure: true });
  return tags;
}
