import type { Database } from '#database';
import type { Id } from './rows.js';

export interface UploadRow {
  readonly id: string;
  readonly repositoryId: Id;
  readonly package: string;
  readonly principalId: string;
  /** As recorded; the bytes on disk may be more after a crash, never less. */
  readonly offsetBytes: number;
}

/** Rows of resumable uploads. Bound to repository, package and principal: a foreign id finds nothing. */
export class UploadRows {
  constructor(private readonly database: Database) {}

  async add(upload: Omit<UploadRow, 'offsetBytes'>): Promise<void> {
    await this.database.query('insert into upload (id, repository_id, package, principal_id) values ($1, $2, $3, $4)', [
      upload.id,
      upload.repositoryId,
      upload.package,
      upload.principalId,
    ]);
  }

  async find(key: {
    id: string;
    repositoryId: Id;
    package: string;
    principalId: string;
  }): Promise<UploadRow | undefined> {
    const rows = await this.database.query(
      `select id, repository_id, package, principal_id, offset_bytes from upload
       where id = $1 and repository_id = $2 and package = $3 and principal_id = $4 and expires_at > now()`,
      [key.id, key.repositoryId, key.package, key.principalId],
    );
    return rows[0] && toUpload(rows[0]);
  }

  /** Records the offset and renews the life of the upload: 24 hours from the last progress. */
  async progress(id: string, offsetBytes: number): Promise<void> {
    await this.database.query(
      `update upload set offset_bytes = $2, expires_at = now() + interval '24 hours' where id = $1`,
      [id, offsetBytes],
    );
  }

  async remove(id: string): Promise<boolean> {
    return (await this.database.query('delete from upload where id = $1 returning id', [id])).length > 0;
  }

  async countOf(principalId: string): Promise<number> {
    const rows = await this.database.query<{ n: number }>(
      'select count(*)::int as n from upload where principal_id = $1 and expires_at > now()',
      [principalId],
    );
    return rows[0]!.n;
  }

  /** Ids whose life is over, oldest first. Their rows stay until their files are gone, so that a crash between the two loses none. */
  async expired(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      'select id from upload where expires_at < now() order by expires_at limit $1',
      [limit],
    );
    return rows.map(row => row.id);
  }
}

function toUpload(row: Record<string, unknown>): UploadRow {
  return {
    id: row['id'] as string,
    repositoryId: row['repository_id'] as string,
    package: row['package'] as string,
    principalId: row['principal_id'] as string,
    offsetBytes: Number(row['offset_bytes']),
  };
}
