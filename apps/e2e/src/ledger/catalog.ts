import { Database } from '#database';
import { silentLogger } from '#kernel';

interface FileFact {
  readonly repository: string;
  readonly package: string;
  readonly digest: string;
}
interface VersionFact {
  readonly repository: string;
  readonly package: string;
  readonly version: string;
}
interface TagFact extends VersionFact {
  readonly tag: string;
}
interface EventFact {
  readonly repository: string;
  readonly package: string;
  readonly action: string;
  readonly version: string | null;
  readonly digests: readonly string[];
}
export interface BlobFact {
  readonly digest: string;
  readonly sizeBytes: number;
  /** A file, living or removed, has these bytes. */
  readonly needed: boolean;
}

/** The rows that matter, read behind the server's back, and what is wrong with them in themselves. */
export interface Catalog {
  readonly blobs: readonly BlobFact[];
  readonly problems: readonly string[];
  /** How many living files of the package have these bytes. */
  files(repository: string, name: string, digest: string): number;
  versions(repository: string, name: string, version: string): number;
  /** How often the tag was moved there. */
  tagMoves(repository: string, name: string, to: { tag: string; version: string }): number;
  /** How many events tell of a file with these bytes. */
  fileEvents(repository: string, name: string, digest: string): number;
  events(repository: string, name: string, what: { action: string; version: string }): number;
}

/** Each gives one sentence per row that must not be there. */
const rules = [
  `select format('%s of %s has %s references of its bytes instead of one', f.path, r.name, count(x.id))
   from file f join repository r on r.id = f.repository_id
   left join reference x on x.file_id = f.id and x.blob_id = f.blob_id and x.relation = 'file'
   group by f.id, r.name having count(x.id) <> 1`,
  `select format('%s of %s is told of by %s events instead of one', f.path, r.name, count(e.sequence))
   from file f join repository r on r.id = f.repository_id join package p on p.id = f.package_id join blob b on b.id = f.blob_id
   left join event e on e.repository_id = r.id and e.package = p.name
     and e.after @> jsonb_build_object('files', jsonb_build_array(jsonb_build_object('path', f.path, 'digest', b.digest)))
   group by f.id, r.name having count(e.sequence) <> 1`,
  `select format('version %s of %s is told of by %s events instead of one', v.text, p.name, count(e.sequence))
   from version v join package p on p.id = v.package_id
   left join event e on e.repository_id = p.repository_id and e.package = p.name and e.version = v.text and e.action = 'version.publish'
   group by v.id, p.name having count(e.sequence) <> 1`,
  `select format('event %s tells of %s %s, which is not there', e.sequence, e.package, e.version)
   from event e where e.action = 'version.publish' and not exists (
     select from version v join package p on p.id = v.package_id where p.repository_id = e.repository_id and p.name = e.package and v.text = e.version)`,
  `select format('tag %s of %s has %s intervals and %s events', t.name, p.name, count(*), (
     select count(*) from event e where e.repository_id = p.repository_id and e.package = p.name and e.tag = t.name and e.action in ('tag.set', 'tag.move')))
   from tag t join package p on p.id = t.package_id group by p.id, t.name
   having count(*) <> (select count(*) from event e where e.repository_id = p.repository_id and e.package = p.name and e.tag = t.name and e.action in ('tag.set', 'tag.move'))`,
  `select format('tag %s of package %s: an interval ends at %s, the next begins at %s', name, package_id, ended, valid_from)
   from (select *, lag(valid_to, 1, valid_from) over (partition by package_id, name order by id) as ended from tag) t where ended is distinct from valid_from`,
  `select format('%s counts %s files and %s versions, but has %s and %s', name, living_files, living_versions, files, versions)
   from (select p.*, (select count(*) from file f where f.package_id = p.id and f.removed_at is null) as files,
                     (select count(*) from version v where v.package_id = p.id and v.removed_at is null) as versions from package p) p
   where living_files <> files or living_versions <> versions`,
];

/** Connects, reads and disconnects. The server should be at rest. */
export async function readCatalog(databaseUrl: string): Promise<Catalog> {
  const database = await connect(databaseUrl);
  try {
    return await read(database);
  } finally {
    await database.close();
  }
}

/** The server's own patience with its database is one second; a busy test machine may need more. */
async function connect(url: string): Promise<Database> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await Database.connect({ url, logger: silentLogger, poolSize: 1 });
    } catch (error) {
      if (attempt === 10) throw error;
    }
  }
}

async function read(database: Database): Promise<Catalog> {
  const files = await database.query<FileFact>(
    `select r.name as repository, p.name as package, b.digest from file f join repository r on r.id = f.repository_id
     join package p on p.id = f.package_id join blob b on b.id = f.blob_id where f.removed_at is null`,
  );
  const versions = await database.query<VersionFact>(
    `select r.name as repository, p.name as package, v.text as version from version v join package p on p.id = v.package_id
     join repository r on r.id = p.repository_id where v.removed_at is null`,
  );
  const tags = await database.query<TagFact>(
    `select r.name as repository, p.name as package, t.name as tag, v.text as version from tag t join version v on v.id = t.version_id
     join package p on p.id = t.package_id join repository r on r.id = p.repository_id`,
  );
  const events = await database.query<EventFact>(
    `select repository, package, action, version, array(select jsonb_array_elements(after->'files')->>'digest') as digests from event where package is not null`,
  );
  const blobs = await database.query<BlobFact>(
    `select digest, size_bytes::float8 as "sizeBytes", exists (select from file f where f.blob_id = b.id) as needed from blob b`,
  );
  const problems: string[] = [];
  for (const rule of rules) problems.push(...(await database.query<{ format: string }>(rule)).map(row => row.format));
  const count = countOf([
    ...files.map(fact => ['file', fact.repository, fact.package, fact.digest]),
    ...versions.map(fact => ['version', fact.repository, fact.package, fact.version]),
    ...tags.map(fact => ['tag', fact.repository, fact.package, fact.tag, fact.version]),
    ...events.map(fact => ['event', fact.repository, fact.package, fact.action, fact.version ?? '']),
    ...events.flatMap(fact => fact.digests.map(digest => ['told', fact.repository, fact.package, digest])),
  ]);
  return {
    blobs,
    problems,
    files: (repository, name, digest) => count('file', repository, name, `sha256:${digest}`),
    versions: (repository, name, version) => count('version', repository, name, version),
    tagMoves: (repository, name, { tag, version }) => count('tag', repository, name, tag, version),
    fileEvents: (repository, name, digest) => count('told', repository, name, `sha256:${digest}`),
    events: (repository, name, { action, version }) => count('event', repository, name, action, version),
  };
}

function countOf(facts: readonly (readonly string[])[]): (...fact: string[]) => number {
  const counts = new Map<string, number>();
  for (const fact of facts) {
    const key = fact.join('\n');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return (...fact) => counts.get(fact.join('\n')) ?? 0;
}
