import { Injectable } from '@nestjs/common';
// Value imports: Nest reads the constructor's parameter types.
import { Repositories } from '#catalog';
import { LarderError } from '#kernel';
import { contextFor, Formats, type RepositoryContext, type Target } from '#registry';
import type { ApiCall } from './api-call.js';

/** Turns a request to the REST interface into one that the content pipeline's services take. */
@Injectable()
export class ContentContexts {
  constructor(
    private readonly repositories: Repositories,
    private readonly formats: Formats,
  ) {}

  /** @throws not-found when the repository was removed meanwhile */
  async of(call: ApiCall, repository: string, target: Target): Promise<RepositoryContext> {
    const row = await this.repositories.find(repository);
    if (!row) throw new LarderError('not-found', 'The repository was removed.');
    return contextFor(call.request, this.formats.get(row.format), row, target);
  }
}
