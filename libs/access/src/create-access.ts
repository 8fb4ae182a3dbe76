import type { Clock, Logger } from '#kernel';
import { Accounts } from './accounts.js';
import { Authenticator } from './authenticator.js';
import { Authorizer } from './authorizer.js';
import { CredentialChecker } from './credential-checker.js';
import { CredentialStrategies } from './credential-strategies.js';
import type { Database } from '#database';
import { FailedLogins } from './failed-logins.js';
import { FailureExchange } from './failure-exchange.js';
import { Grants } from './grants.js';
import { Passwords } from './passwords.js';
import { RegistryKeys } from './registry-keys.js';
import { RegistryTokens } from './registry-tokens.js';
import { Roles } from './roles.js';
import { Setup } from './setup.js';
import { TokenUse } from './token-use.js';
import { Tokens } from './tokens.js';
import { Users } from './users.js';

export interface AccessOptions {
  readonly database: Database;
  /** Holds `setup-code` and `secrets/`. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** All services of the room, one of each in a process. */
export interface Access {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly accounts: Accounts;
  readonly users: Users;
  readonly tokens: Tokens;
  readonly roles: Roles;
  readonly grants: Grants;
  readonly passwords: Passwords;
  readonly registryTokens: RegistryTokens;
  readonly setup: Setup;
  /** Loads the rights: before the first request. */
  ready(): Promise<void>;
  /** Writes what is pending (last use of tokens): after the last request, before the database closes. */
  stop(): Promise<void>;
}

export function createAccess({ database, dataDir, clock, logger }: AccessOptions): Access {
  const exchange = new FailureExchange(database, logger);
  const failures = new FailedLogins(clock, news => exchange.tell(news));
  exchange.listen(news => failures.hear(news));
  const passwords = new Passwords();
  const users = new Users(database);
  const tokens = new Tokens(database);
  const roles = new Roles(database);
  const grants = new Grants(database);
  const registryTokens = new RegistryTokens(new RegistryKeys(dataDir), database, clock);
  const checker = new CredentialChecker(database, passwords, failures, registryTokens);
  const authorizer = new Authorizer(database, clock, logger);
  const tokenUse = new TokenUse(database, logger);
  const authenticator = new Authenticator(new CredentialStrategies(checker), authorizer, tokenUse, clock, {
    database,
    logger,
  });
  return {
    authenticator,
    authorizer,
    accounts: new Accounts(database, checker, tokens, registryTokens),
    users,
    tokens,
    roles,
    grants,
    passwords,
    registryTokens,
    setup: new Setup({ database, users, grants, passwords, failures, logger }, dataDir, clock),
    ready: () => authorizer.ready(),
    stop: async () => {
      await exchange.settled();
      await tokenUse.flush();
    },
  };
}
