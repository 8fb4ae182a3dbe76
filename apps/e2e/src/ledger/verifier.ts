import { checkBlobFiles } from './blob-files.js';
import { readCatalog, type Catalog } from './catalog.js';
import { expectedOf, historyOf, possibleTargets, type TagMove, type WriteHistory } from './history.js';
import type { HttpClient } from './http-client.js';
import type { Ledger, State } from './ledger.js';
import { protocolOf } from './protocols/index.js';
import { inParallel } from './in-parallel.js';
import { inverse } from './sightings.js';
import type { Sighting, Sightings, Write } from './write.js';

export type ProblemKind =
  /** Acknowledged, or seen whole before, and not whole now. */
  | 'lost'
  /** Partly there. */
  | 'torn'
  /** Refused, or seen absent before, and there now. */
  | 'appeared'
  | 'refused'
  | 'tag'
  /** Rows that contradict each other. */
  | 'catalog'
  /** Files that contradict the rows. */
  | 'bytes';

export interface Problem {
  readonly kind: ProblemKind;
  readonly text: string;
}

export interface Place {
  readonly client: HttpClient;
  readonly ledger: Ledger;
  readonly dataDir: string;
  readonly databaseUrl: string;
}

const probesAtOnce = 8;

/**
 * Compares what the ledger has with what readers see, with the rows and with the files. The server must be running and at rest. Writes whose outcome was unknown are
 * settled: what they are now they must stay.
 */
export async function verify(place: Place): Promise<Problem[]> {
  const { writes, tags } = historyOf(await place.ledger.read());
  const catalog = await readCatalog(place.databaseUrl);
  const problems: Problem[] = [];
  const undone = new Set([...writes.values()].map(({ write }) => write.undoes));
  await inParallel(probesAtOnce, [...writes.values()], async history => {
    // What somebody has tried to remove is judged as a part of the removal.
    if (undone.has(history.write.id)) return;
    problems.push(...(await judge(place, catalog, history)));
  });
  await inParallel(probesAtOnce, tags, async ([key, moves]) => {
    problems.push(...(await judgeTag(place, key, moves)));
  });
  problems.push(...catalog.problems.map(text => ({ kind: 'catalog', text }) as const));
  const wrongFiles = await checkBlobFiles(place.dataDir, catalog.blobs);
  problems.push(...wrongFiles.map(text => ({ kind: 'bytes', text }) as const));
  return problems;
}

async function judge(place: Place, catalog: Catalog, history: WriteHistory): Promise<Problem[]> {
  const { write, attempts } = history;
  const expected = expectedOf(history);
  const refused = attempts.find(attempt => attempt.result === 'refused');
  const problems: Problem[] = refused ? [{ kind: 'refused', text: `${write.id}: ${refused.detail}` }] : [];
  const sightings = { ...(await protocolOf(write.format).probe(place.client, write)), ...rowsOf(catalog, write) };
  const state = stateOf(sightings);
  if (expected === 'either') {
    if (state === 'torn') problems.push({ kind: 'torn', text: describe(write, sightings) });
    else await place.ledger.append({ line: 'settled', write: write.id, state });
  } else if (state !== expected) {
    problems.push({ kind: expected === 'whole' ? 'lost' : 'appeared', text: describe(write, sightings) });
  }
  return problems;
}

async function judgeTag({ client, ledger }: Place, key: string, moves: readonly TagMove[]): Promise<Problem[]> {
  const [format, repository, name, tag] = key.split(' ') as [string, string, string, string];
  const seen = await protocolOf(format).readTag?.(client, repository, name, tag);
  await ledger.append({ line: 'tag-seen', key, value: seen ?? null });
  const possible = possibleTargets(moves);
  if (possible.has(seen)) return [];
  return [{ kind: 'tag', text: `${key} points at ${seen}; it may point at ${[...possible].join(' or ')}` }];
}

/** The write as rows and events: each file once and told of once. */
function rowsOf(catalog: Catalog, write: Write): Record<string, Sighting> {
  const { repository, package: name } = write;
  const sightings: Record<string, Sighting> = {};
  for (const digest of write.files) {
    sightings[`row of ${digest.slice(0, 8)}`] = once(catalog.files(repository, name, digest));
    sightings[`event of ${digest.slice(0, 8)}`] = once(catalog.fileEvents(repository, name, digest));
  }
  if (write.version !== undefined) {
    sightings['version row'] = once(catalog.versions(repository, name, write.version));
    sightings['version event'] = once(
      catalog.events(repository, name, { action: 'version.publish', version: write.version }),
    );
  }
  for (const digest of write.removes ?? []) {
    sightings[`no row of ${digest.slice(0, 8)}`] = inverse(once(catalog.files(repository, name, digest)));
  }
  for (const [tag, version] of Object.entries(write.tags)) {
    if (version === null) continue;
    sightings[`move of ${tag}`] = catalog.tagMoves(repository, name, { tag, version }) > 0 ? 'there' : 'absent';
  }
  if (write.event !== undefined && write.joins !== undefined) {
    sightings[write.event] = once(catalog.events(repository, name, { action: write.event, version: write.joins }));
  }
  return sightings;
}

function once(count: number): Sighting {
  if (count === 0) return 'absent';
  return count === 1 ? 'there' : { wrong: `there ${count} times` };
}

function stateOf(sightings: Sightings): State | 'torn' {
  const all = Object.values(sightings);
  if (all.every(sighting => sighting === 'there')) return 'whole';
  return all.every(sighting => sighting === 'absent') ? 'absent' : 'torn';
}

function describe(write: Write, sightings: Sightings): string {
  const parts = Object.entries(sightings).map(([name, sighting]) =>
    typeof sighting === 'string' ? `${name}: ${sighting}` : `${name}: ${sighting.wrong}`,
  );
  return `${write.id} (${parts.join('; ')})`;
}
