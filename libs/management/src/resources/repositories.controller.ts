import { z } from 'zod';
// Value imports: Nest reads the constructor's parameter types.
import { Repositories, type RepositoryRow } from '#catalog';
import { LarderError } from '#kernel';
import { checkNewRepository, Formats, settingsSchema, type Format } from '#registry';
import type { ApiCall, CallOf } from '../http/api-call.js';
import { Changes } from '../http/changes.js';
import { checkInput, inputError } from '../http/check-input.js';
import { ignoreMissing } from '../http/ignore-missing.js';
import type { Output } from '../http/operation.js';
import { decodeCursor, pageFrom } from '../http/paging.js';
import { requireMatch, settingsEtag } from '../http/preconditions.js';
import { Reply } from '../http/reply.js';
import { ApiController, Call, Serves } from '../http/serves.js';
import { Visibility } from '../http/visibility.js';
import { iso } from '../views/sql.js';
import { mergePatch } from './merge-patch.js';
import {
  changeRepository,
  createRepository,
  getRepository,
  listFormats,
  listRepositories,
  removeRepository,
} from './repositories.operations.js';

type Answer = Output<typeof getRepository>;

@ApiController()
export class RepositoriesController {
  constructor(
    private readonly formats: Formats,
    private readonly repositories: Repositories,
    private readonly visibility: Visibility,
    private readonly changes: Changes,
  ) {}

  @Serves(listFormats)
  listFormats(@Call() call: CallOf<typeof listFormats>): Output<typeof listFormats> {
    return { items: this.formats.all.map(format => describeFormat(format, call.origin)) };
  }

  @Serves(listRepositories)
  async list(@Call() call: CallOf<typeof listRepositories>): Promise<Output<typeof listRepositories>> {
    const { limit, cursor, format } = call.query;
    const after = decodeCursor(cursor, 1)?.[0];
    const rows = (await this.repositories.list()).filter(
      row =>
        (after === undefined || row.name > after) &&
        (format === undefined || row.format === format) &&
        this.visibility.maySee(call.principal, row),
    );
    return pageFrom(rows.slice(0, limit + 1), limit, { item: row => this.shape(row, call), key: row => [row.name] });
  }

  @Serves(createRepository)
  create(@Call() call: CallOf<typeof createRepository>): Promise<Reply<Answer>> {
    const { kind, settings } = call.body;
    const format = this.formats.find(call.body.format);
    if (!format) throw inputError('/format', `must be one of ${this.formats.all.map(known => known.name).join(', ')}`);
    if (!format.kinds.includes(kind))
      throw inputError('/kind', `must be one of ${format.kinds.join(', ')} for this format`);
    checkNewRepository(format, call.body.name, kind);
    const wanted = { name: call.body.name, format: format.name, kind, settings: checkSettings(format, settings) };
    return this.changes.make(call, async tx => {
      const row = await this.repositories.create(tx, { ...wanted, createdBy: call.principal.name });
      const events = [{ action: 'repository.create', repositoryId: row.id, repository: row.name, after: wanted }];
      return { value: this.reply(row, call), events };
    });
  }

  @Serves(getRepository)
  async get(@Call() call: CallOf<typeof getRepository>): Promise<Reply<Answer>> {
    return this.reply(await this.find(call, call.params.repository), call);
  }

  @Serves(changeRepository)
  async change(@Call() call: CallOf<typeof changeRepository>): Promise<Reply<Answer>> {
    const { id } = await this.find(call, call.params.repository);
    return this.changes.make(call, async tx => {
      const row = await this.repositories.lock(tx, id, 'update');
      if (!this.visibility.manages(call.principal, row)) throw missingRight(`manage on the whole of ${row.name}`);
      requireMatch(call.request, row);
      const settings = checkSettings(this.formats.get(row.format), mergePatch(row.settings, call.body.settings));
      const changed = await this.repositories.change(tx, row.id, settings);
      const about = { repositoryId: row.id, repository: row.name, before: row.settings, after: changed.settings };
      return { value: this.reply(changed, call), events: [{ action: 'repository.change', ...about }] };
    });
  }

  @Serves(removeRepository)
  async remove(@Call() call: CallOf<typeof removeRepository>): Promise<void> {
    const found = await this.repositories.find(call.params.repository);
    if (!this.visibility.administersRepositories(call.principal)) {
      if (found && this.visibility.maySee(call.principal, found)) throw missingRight('system:repositories');
      throw this.visibility.missing(call.principal, 'repository');
    }
    if (!found) return;
    const removal = this.changes.make(call, async tx => {
      const row = await this.repositories.lock(tx, found.id, 'update');
      if (!this.visibility.administersRepositories(call.principal)) throw missingRight('system:repositories');
      requireMatch(call.request, row);
      await this.repositories.remove(tx, row.id, call.principal.name);
      const { name, format, kind, settings } = row;
      const before = { name, format, kind, settings };
      return {
        value: undefined,
        events: [{ action: 'repository.remove', repositoryId: row.id, repository: name, before }],
      };
    });
    await removal.catch(ignoreMissing);
  }

  private async find(call: ApiCall, name: string): Promise<RepositoryRow> {
    const row = await this.repositories.find(name);
    if (!row || !this.visibility.maySee(call.principal, row))
      throw this.visibility.missing(call.principal, 'repository');
    return row;
  }

  private reply(row: RepositoryRow, call: ApiCall): Reply<Answer> {
    return new Reply(this.shape(row, call), { etag: settingsEtag(row) });
  }

  private shape(row: RepositoryRow, call: ApiCall): Answer {
    const prefix = this.formats.find(row.format)?.mount?.prefix ?? '/repository';
    return {
      name: row.name,
      format: row.format,
      kind: row.kind,
      url: `${call.origin}${prefix}/${row.name}`,
      settings: { ...row.settings },
      createdAt: iso(row.createdAt),
    };
  }
}

function checkSettings(format: Format, settings: unknown): Record<string, unknown> {
  const { settings: checked } = checkInput(z.strictObject({ settings: settingsSchema(format) }), { settings }, 'body');
  return checked;
}

function missingRight(action: string): LarderError {
  return new LarderError(
    'forbidden',
    `You may see this repository, but this needs the right ${action}; ask an administrator for it.`,
  );
}

function describeFormat(format: Format, origin: string): Output<typeof listFormats>['items'][number] {
  const schema = settingsSchema(format);
  const repository = 'REPOSITORY';
  const address = {
    origin,
    host: new URL(origin).host,
    repository,
    baseUrl: `${origin}${format.mount?.prefix ?? '/repository'}/${repository}`,
    settings: schema.parse({}) as Record<string, unknown>,
  };
  return {
    name: format.name,
    title: format.title,
    kinds: [...format.kinds],
    lowerCaseRepositoryNames: format.lowerCaseRepositoryNames === true,
    settingsSchema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>,
    snippets: format.snippets(address).map(snippet => ({ ...snippet })),
  };
}
