import { Publishing, Repositories, Trace, type RepositoryContext } from '#registry';
import type { TestServer } from '#testing';
import { pypi } from '../index.js';

/** Changes that clients of this protocol cannot make: they come through the management API. Made here by the system itself. */
export class Changes {
  constructor(
    private readonly server: TestServer,
    private readonly repository: string,
  ) {}

  /** A reason of null takes the yank back. */
  async setYanked(project: string, version: string, reason: string | null): Promise<void> {
    await this.publishing.setState(await this.context(), project, { version, state: 'yanked', reason });
  }

  async removeVersion(project: string, version: string): Promise<void> {
    await this.publishing.removeVersion(await this.context(), project, version);
  }

  private get publishing(): Publishing {
    return this.server.app.get(Publishing);
  }

  private async context(): Promise<RepositoryContext> {
    const repository = await this.server.app.get(Repositories).find(this.repository);
    return {
      repository: repository!,
      format: pypi,
      target: {},
      params: undefined,
      principal: { kind: 'system', id: 'system', name: 'system', userId: null, limits: null },
      actor: {
        principalId: 'system',
        principalName: 'system',
        tokenId: null,
        client: null,
        sourceAddress: null,
        requestId: null,
      },
      origin: this.server.url,
      baseUrl: `${this.server.url}/repository/${this.repository}`,
      trace: new Trace(),
      requestId: 'test',
      signal: new AbortController().signal,
    };
  }
}
