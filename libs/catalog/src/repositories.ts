import type { Database, Tx } from '#database';
import { LarderError, systemCode } from '#kernel';
import { repositoryColumns, toRepository } from './row-mapping.js';
import type { Id, RepositoryRow } from './rows.js';

export const repositoryTopic = 'repository';

export interface NewRepository {
  readonly name: string;
  readonly format: string;
  readonly kind: RepositoryRow['kind'];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly createdBy: string;
}

/**
 * The repositories. There are few of them and every request needs one, so the living ones are held in memory, dropped on each change here or in another
 * process. While notifications cannot arrive they are read each time.
 */
export class Repositories {
  private byName: Promise<Map<string, RepositoryRow>> | undefined;

  constructor(private readonly database: Database) {
    database.on(repositoryTopic, () => this.drop());
    database.onReconnect(() => this.drop());
  }

  /** The living repository of exactly that name; case counts in URLs although uniqueness ignores it. */
  async find(name: string): Promise<RepositoryRow | undefined> {
    return (await this.all()).get(name);
  }

  /** By name, collation C. */
  async list(): Promise<RepositoryRow[]> {
    return [...(await this.all()).values()];
  }

  /** @throws conflict when a living repository has this name, in whatever case */
  async create(tx: Tx, repository: NewRepository): Promise<RepositoryRow> {
    try {
      const rows = await tx.query(
        `insert into repository as r (name, format, kind, settings, created_by) values ($1, $2, $3, $4, $5) returning ${repositoryColumns}`,
        [
          repository.name,
          repository.format,
          repository.kind,
          JSON.stringify(repository.settings),
          repository.createdBy,
        ],
      );
      tx.notify(repositoryTopic, repository.name);
      return toRepository(rows[0]!);
    } catch (error) {
      if (systemCode(error) !== '23505') throw error;
      throw new LarderError(
        'conflict',
        `There is a repository named ${repository.name} already; names are unique without regard to case.`,
      );
    }
  }

  /**
   * Replaces the settings.
   * @throws precondition-failed when `expectedRevision` is given and is not the current one; not-found
   */
  async change(
    tx: Tx,
    id: Id,
    settings: Readonly<Record<string, unknown>>,
    expectedRevision?: number,
  ): Promise<RepositoryRow> {
    const present = await this.lock(tx, id, 'update');
    if (expectedRevision !== undefined && expectedRevision !== present.settingsRevision) {
      throw new LarderError(
        'precondition-failed',
        `The settings of ${present.name} were changed in the meantime; read them again and repeat your change.`,
      );
    }
    const rows = await tx.query(
      `update repository as r set settings = $2, settings_revision = settings_revision + 1 where id = $1 returning ${repositoryColumns}`,
      [id, JSON.stringify(settings)],
    );
    tx.notify(repositoryTopic, present.name);
    return toRepository(rows[0]!);
  }

  /** Marks it as removed: it is gone for every client at once, its rows and bytes stay. Its name is free again. */
  async remove(tx: Tx, id: Id, removedBy: string): Promise<RepositoryRow> {
    const present = await this.lock(tx, id, 'update');
    await tx.query('update repository set removed_at = now(), removed_by = $2 where id = $1', [id, removedBy]);
    tx.notify(repositoryTopic, present.name);
    return present;
  }

  /** Holds a living repository in place for the rest of the transaction. @throws not-found */
  async lock(tx: Tx, id: Id, strength: 'share' | 'update'): Promise<RepositoryRow> {
    const rows = await tx.query(
      `select ${repositoryColumns} from repository r where r.id = $1 and r.removed_at is null for ${strength === 'share' ? 'key share' : 'update'}`,
      [id],
    );
    if (!rows[0]) throw new LarderError('not-found', 'The repository was removed.');
    return toRepository(rows[0]);
  }

  private all(): Promise<Map<string, RepositoryRow>> {
    if (!this.database.notificationsLive) return this.load();
    if (this.byName) return this.byName;
    const loading = this.load();
    this.byName = loading;
    loading.catch(() => {
      if (this.byName === loading) this.byName = undefined;
    });
    return loading;
  }

  private async load(): Promise<Map<string, RepositoryRow>> {
    const rows = await this.database.query(
      `select ${repositoryColumns} from repository r where r.removed_at is null order by r.name`,
    );
    return new Map(rows.map(row => [row['name'] as string, toRepository(row)]));
  }

  private drop(): void {
    this.byName = undefined;
  }
}
