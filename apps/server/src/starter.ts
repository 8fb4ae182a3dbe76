import { Events } from '#audit';
import { Repositories } from '#catalog';
import type { Database } from '#database';
import { parseSettings, type Format } from '#registry';

const marker = 'starter-repositories';
const actor = {
  principalId: 'system',
  principalName: 'system',
  tokenId: null,
  client: null,
  sourceAddress: null,
  requestId: null,
};

/**
 * Makes the starter repositories of every format at the first start. The marker is written in the same transaction, so they are made once: who deletes one does not get it back.
 */
export async function makeStarterRepositories(database: Database, formats: readonly Format[]): Promise<void> {
  const repositories = new Repositories(database);
  const events = new Events(database);
  await database.transaction(async tx => {
    const first = await tx.query(
      `insert into instance_setting (name, value) values ($1, 'true') on conflict (name) do nothing returning name`,
      [marker],
    );
    if (first.length === 0) return;
    for (const format of formats) {
      for (const starter of format.starterRepositories) {
        const settings = parseSettings(format, starter.settings);
        const row = await repositories.create(tx, {
          name: starter.name,
          format: format.name,
          kind: 'hosted',
          settings,
          createdBy: 'system',
        });
        await events.record(tx, actor, {
          action: 'repository.create',
          repositoryId: row.id,
          repository: row.name,
          after: { format: format.name, kind: 'hosted', settings },
        });
      }
    }
  });
}
