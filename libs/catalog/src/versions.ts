import type { Tx } from '#database';
import { systemCode } from '#kernel';
import { toJsonb, toText } from './storable.js';
import { toReference, toState, toVersion, versionColumns } from './row-mapping.js';
import type { Id, PackageRow, ReferenceRow, StateRow, VersionRow, VersionState } from './rows.js';

export interface NewVersion {
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly fragments: Readonly<Record<string, string>>;
  readonly publishedBy: string;
  readonly publisherId: string;
  readonly sealed: boolean;
}

export interface NewReference {
  readonly relation: string;
  readonly digest: string;
  readonly blobId: Id | null;
}

/** Version rows with their fragments, edges and states. The package row is locked by the caller. */
export class Versions {
  /** Living or removed: a tombstone is found too. */
  async find(tx: Tx, packageId: Id, text: string): Promise<VersionRow | undefined> {
    const rows = await tx.query(`select ${versionColumns} from version v where v.package_id = $1 and v.text = $2`, [
      packageId,
      text,
    ]);
    return rows[0] && toVersion(rows[0]);
  }

  async add(tx: Tx, packageId: Id, version: NewVersion): Promise<VersionRow> {
    const rows = await tx.query(
      `insert into version as v (package_id, text, metadata, published_by, publisher_id, sealed_at)
       values ($1, $2, $3, $4, $5, case when $6 then now() end) returning ${versionColumns}`,
      [packageId, version.text, toJsonb(version.metadata), version.publishedBy, version.publisherId, version.sealed],
    );
    const row = toVersion(rows[0]!);
    await this.writeFragments(tx, row.id, version.fragments);
    return row;
  }

  /** Brings a removed version back, as if it were published now. */
  async revive(tx: Tx, id: Id, version: NewVersion): Promise<VersionRow> {
    const rows = await tx.query(
      `update version as v set removed_at = null, removed_by = null, metadata = $2, published_at = now(), updated_at = now(),
         published_by = $3, publisher_id = $4, sealed_at = case when $5 then now() end
       where id = $1 returning ${versionColumns}`,
      [id, toJsonb(version.metadata), version.publishedBy, version.publisherId, version.sealed],
    );
    await tx.query('delete from version_fragment where version_id = $1', [id]);
    await this.writeFragments(tx, id, version.fragments);
    return toVersion(rows[0]!);
  }

  /** Something was added to it. */
  async touch(tx: Tx, id: Id): Promise<void> {
    await tx.query('update version set updated_at = now() where id = $1', [id]);
  }

  async seal(tx: Tx, packageId: Id, texts: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ text: string }>(
      'update version set sealed_at = now() where package_id = $1 and text = any($2) and sealed_at is null and removed_at is null returning text',
      [packageId, texts],
    );
    return rows.map(row => row.text);
  }

  async remove(tx: Tx, ids: readonly Id[], removedBy: string): Promise<void> {
    await tx.query('update version set removed_at = now(), removed_by = $2 where id = any($1) and removed_at is null', [
      ids,
      removedBy,
    ]);
  }

  async findLiving(tx: Tx, id: Id): Promise<VersionRow | undefined> {
    const rows = await tx.query(`select ${versionColumns} from version v where v.id = $1 and v.removed_at is null`, [
      id,
    ]);
    return rows[0] && toVersion(rows[0]);
  }

  async living(tx: Tx, row: PackageRow): Promise<VersionRow[]> {
    const rows = await tx.query(
      `select ${versionColumns} from version v where v.package_id = $1 and v.removed_at is null order by v.id`,
      [row.id],
    );
    return rows.map(toVersion);
  }

  async addReferences(tx: Tx, version: VersionRow, references: readonly NewReference[]): Promise<void> {
    if (references.length === 0) return;
    await tx.query(
      `insert into reference (blob_id, digest, relation, package_id, version_id)
       select blob_id, digest, relation, $4, $5 from unnest($1::bigint[], $2::text[], $3::text[]) as n (blob_id, digest, relation)`,
      [
        references.map(r => r.blobId),
        references.map(r => r.digest),
        references.map(r => r.relation),
        version.packageId,
        version.id,
      ],
    );
  }

  async references(tx: Tx, versionId: Id): Promise<ReferenceRow[]> {
    const rows = await tx.query(
      'select version_id, package_id, relation, digest from reference where version_id = $1 order by id',
      [versionId],
    );
    return rows.map(toReference);
  }

  /**
   * Texts of living versions that need one of the digests: every relation but `subject`, which may point at nothing. They are named, so that the index of
   * edges serves. At most three, for a message.
   */
  async needing(tx: Tx, packageId: Id, digests: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ text: string }>(
      `select distinct v.text from reference e join version v on v.id = e.version_id
       where e.package_id = $1 and e.relation in ('config', 'layer', 'child') and e.digest = any($2) and v.removed_at is null order by v.text limit 3`,
      [packageId, digests],
    );
    return rows.map(row => row.text);
  }

  /** Current state of that name, or none. */
  async state(tx: Tx, versionId: Id, state: VersionState): Promise<StateRow | undefined> {
    const rows = await tx.query(
      'select * from state_change where version_id = $1 and state = $2 and valid_to is null',
      [versionId, state],
    );
    return rows[0] && toState(rows[0]);
  }

  /** Closes the current interval and, unless `reason` is null, opens a new one. */
  async setState(
    tx: Tx,
    version: VersionRow,
    change: { state: VersionState; reason: string | null; by: string },
  ): Promise<void> {
    await tx.query(
      'update state_change set valid_to = clock_timestamp(), cleared_by = $3 where version_id = $1 and state = $2 and valid_to is null',
      [version.id, change.state, change.by],
    );
    if (change.reason === null) return;
    await tx.query(
      'insert into state_change (package_id, version_id, state, reason, changed_by) values ($1, $2, $3, $4, $5)',
      [version.packageId, version.id, change.state, toText(change.reason), change.by],
    );
  }

  private async writeFragments(tx: Tx, versionId: Id, fragments: Readonly<Record<string, string>>): Promise<void> {
    const variants = Object.keys(fragments);
    if (variants.length === 0) return;
    await tx.query(
      'insert into version_fragment (version_id, variant, body) select $1, variant, body from unnest($2::text[], $3::text[]) as n (variant, body)',
      [versionId, variants, variants.map(variant => fragments[variant])],
    );
  }
}

/** True when the error is the database's refusal of a second row with that unique index. */
export function violates(error: unknown, index: string): boolean {
  return systemCode(error) === '23505' && (error as { constraint?: unknown }).constraint === index;
}
