import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemPrincipal } from '#access';
import { Repositories } from '#catalog';
import type { Database } from '#database';
import { parseConfig, silentLogger, type Logger } from '#kernel';
import { Formats, parseSettings, type Format, type RepositoryRow } from '#registry';
import { formats as allFormats, startServer, type RunningServer } from '#server';
import { createBareTestDatabase } from './test-database.js';

export interface TestUser {
  readonly name: string;
  readonly password: string;
  readonly token: string;
  /** `Bearer …` */
  readonly bearer: string;
  /** `Basic …` with the password. */
  readonly basic: string;
}

export interface TestGrant {
  readonly role: string;
  /** Globs; default `*`. */
  readonly repository?: string;
  readonly names?: string;
  readonly tags?: string;
}

export interface TestServerOptions {
  readonly formats?: readonly Format[];
  /** Further settings, as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly logger?: Logger;
}

/** A whole server in this process: real HTTP on a free port, a database and a data folder of its own. */
export class TestServer {
  private readonly adminPassword = 'a-password-for-tests';

  private constructor(
    private running: RunningServer,
    private readonly options: TestServerOptions,
    private readonly databaseClone: { url: string; drop(): Promise<void> },
    readonly dataDir: string,
    readonly admin: TestUser,
  ) {}

  static async start(options: TestServerOptions): Promise<TestServer> {
    const databaseClone = await createBareTestDatabase();
    const dataDir = await mkdtemp(join(tmpdir(), 'larder-test-'));
    const running = await launch(options, databaseClone.url, dataDir, 0).catch(async (error: unknown) => {
      await databaseClone.drop();
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    });
    const placeholder = { name: 'admin', password: 'a-password-for-tests', token: '', bearer: '', basic: '' };
    const server = new TestServer(running, options, databaseClone, dataDir, placeholder);
    const owner = await running.access.users.findByName('admin');
    // With an empty LARDER_ADMIN_PASSWORD there is none yet: that server waits to be set up.
    if (owner)
      Object.assign(placeholder, credentials('admin', server.adminPassword, await server.tokenFor(owner.id, 'admin')));
    return server;
  }

  get url(): string {
    return this.running.url;
  }

  /** `host:port` */
  get host(): string {
    return new URL(this.url).host;
  }

  get database(): Database {
    return this.running.database;
  }

  /** The Nest application, to reach services. */
  get app(): RunningServer['app'] {
    return this.running.app;
  }

  async createRepository(
    name: string,
    format: string,
    settings: Readonly<Record<string, unknown>> = {},
  ): Promise<RepositoryRow> {
    const parsed = parseSettings(this.app.get(Formats).get(format), settings);
    const repositories = this.app.get(Repositories);
    return this.database.transaction(tx =>
      repositories.create(tx, { name, format, kind: 'hosted', settings: parsed, createdBy: 'test' }),
    );
  }

  async createUser(name: string, grants: readonly TestGrant[] = []): Promise<TestUser> {
    const { users, passwords } = this.running.access;
    const password = `password of ${name} 1234`;
    const hash = await passwords.hashUnchecked(password);
    const user = await this.database.transaction(tx => users.create(tx, { name, passwordHash: hash }));
    for (const grant of grants) await this.grant({ kind: 'user', userId: user.id }, grant);
    return credentials(name, password, await this.tokenFor(user.id, name));
  }

  grantEveryone(role: string, repository = '*'): Promise<void> {
    return this.grant({ kind: 'everyone' }, { role, repository });
  }

  /** Stops the server and starts it again on the same data, database and port. */
  async restart(): Promise<void> {
    const { port } = this.running;
    await this.running.stop();
    this.running = await launch(this.options, this.databaseClone.url, this.dataDir, port);
  }

  async stop(): Promise<void> {
    await this.running.stop();
    await this.databaseClone.drop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private async grant(
    subject: { kind: 'user'; userId: string } | { kind: 'everyone' },
    grant: TestGrant,
  ): Promise<void> {
    await this.database.transaction(tx =>
      this.running.access.grants.create(tx, {
        subject,
        role: grant.role,
        repositoryPattern: grant.repository ?? '*',
        namePattern: grant.names ?? '*',
        tagPattern: grant.tags ?? '*',
        createdBy: systemPrincipal.name,
      }),
    );
  }

  private async tokenFor(userId: string, name: string): Promise<string> {
    const { tokens } = this.running.access;
    const { secret } = await this.database.transaction(tx =>
      tokens.create(tx, { userId, name: `${name} test`, kind: 'personal' }),
    );
    return secret;
  }
}

/** See `TestServer`. Call `stop()` when done. */
export function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  return TestServer.start(options);
}

function launch(
  options: TestServerOptions,
  databaseUrl: string,
  dataDir: string,
  port: number,
): Promise<RunningServer> {
  const config = parseConfig({
    LARDER_PORT: String(port),
    LARDER_DATA_DIR: dataDir,
    LARDER_DATABASE_URL: databaseUrl,
    LARDER_ADMIN_PASSWORD: 'a-password-for-tests',
    LARDER_STARTER_REPOSITORIES: 'none',
    LARDER_LOG_LEVEL: 'error',
    ...options.env,
  });
  return startServer({ config, formats: options.formats ?? allFormats, logger: options.logger ?? silentLogger });
}

function credentials(name: string, password: string, token: string): TestUser {
  return {
    name,
    password,
    token,
    bearer: `Bearer ${token}`,
    basic: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
  };
}
