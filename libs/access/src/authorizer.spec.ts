import { beforeAll, describe, expect, it } from '@jest/globals';
import { contentActions, silentLogger, systemClock, type Action } from '#kernel';
import type { Database } from '#database';
import { Authorizer } from './authorizer.js';
import type { Principal, Subject, TokenLimits } from './contract.js';
import { anonymousPrincipal, systemPrincipal, userPrincipal } from './principals.js';
import type { GrantRecord } from './rights-snapshot.js';

const roles: Record<string, readonly string[]> = {
  reader: ['read'],
  publisher: ['read', 'publish', 'tag'],
  uploader: ['publish'],
  maintainer: contentActions,
  administrator: [...contentActions, 'system:repositories', 'system:users', 'system:audit'],
};

type Line = readonly [subject: string, role: string, repository?: string, name?: string, tag?: string];

const lines: readonly Line[] = [
  ['everyone', 'reader', 'public'],
  ['everyone', 'reader', 'half', 'open/*'],
  ['signed-in', 'reader', 'shared'],
  ['1', 'publisher', 'team', 'web/*', 'dev-*'],
  ['1', 'reader', 'team'],
  ['1', 'uploader', 'drop'],
  ['2', 'maintainer', 'team'],
  ['3', 'administrator'],
  ['4', 'maintainer', '*', 'web/*'],
  ['9', 'administrator'],
];

const records: GrantRecord[] = lines.map(([subject, role, repository = '*', name = '*', tag = '*'], i) => ({
  id: String(i + 1),
  subject_kind: /^\d/.test(subject) ? 'user' : subject,
  user_id: /^\d/.test(subject) ? subject : null,
  role,
  actions: roles[role]!,
  repository_pattern: repository,
  name_pattern: name,
  tag_pattern: tag,
}));

/** The database room's shape over fixed rows; user 9 is disabled. */
const database = {
  query: async (sql: string) => (sql.includes('access_grant') ? records : [{ id: '9' }]),
  on: () => {},
  onReconnect: () => {},
  notificationsLive: true,
} as unknown as Database;

const user = (id: string, limits: TokenLimits | null = null): Principal =>
  userPrincipal({ id, name: `user${id}` }, limits);
const limited = (id: string, limits: Omit<TokenLimits, 'tokenId'>): Principal => user(id, { tokenId: '77', ...limits });

/** `repository`, `repository/package` with `//` between, and `@tag`. */
function subject(text: string): Subject {
  if (text === '') return {};
  const [where = '', tag] = text.split('@');
  const [name = '', pkg] = where.split('//');
  return { repository: { id: `id-${name}`, name }, ...(pkg ? { package: pkg } : {}), ...(tag ? { tag } : {}) };
}

describe('authorize', () => {
  const authorizer = new Authorizer(database, systemClock, silentLogger);
  beforeAll(() => authorizer.ready());

  const outcome = (principal: Principal, action: Action, text: string): string => {
    const verdict = authorizer.authorize(principal, action, subject(text));
    return verdict.allow ? 'allow' : verdict.outcome;
  };

  const cases: readonly [who: string, principal: Principal, action: Action, subject: string, outcome: string][] = [
    ['anonymous', anonymousPrincipal, 'read', 'public//a', 'allow'],
    ['anonymous', anonymousPrincipal, 'publish', 'public//a', 'unauthenticated'],
    ['anonymous', anonymousPrincipal, 'read', 'shared//a', 'unauthenticated'],
    ['anonymous', anonymousPrincipal, 'read', 'missing//a', 'unauthenticated'],
    ['anonymous', anonymousPrincipal, 'read', 'half//open/a', 'allow'],
    ['anonymous', anonymousPrincipal, 'read', 'half//closed/a', 'unauthenticated'],
    ['anonymous', anonymousPrincipal, 'read', 'half', 'allow'],
    ['anonymous', anonymousPrincipal, 'system:users', '', 'unauthenticated'],
    ['the system', systemPrincipal, 'delete', 'team//a', 'allow'],
    ['a user without grants', user('8'), 'read', 'shared//a', 'allow'],
    ['a user without grants', user('8'), 'publish', 'shared//a', 'forbidden'],
    ['a user without grants', user('8'), 'read', 'team//a', 'hidden'],
    ['a user without grants', user('8'), 'publish', 'team//a', 'hidden'],
    ['a user without grants', user('8'), 'read', 'missing//a', 'hidden'],
    ['a user without grants', user('8'), 'system:users', '', 'forbidden'],
    ['a publisher', user('1'), 'publish', 'team//web/app', 'allow'],
    ['a publisher', user('1'), 'publish', 'team//web/app@dev-1', 'allow'],
    ['a publisher', user('1'), 'publish', 'team//web/app@1.0', 'forbidden'],
    ['a publisher', user('1'), 'tag', 'team//web/app@1.0', 'forbidden'],
    ['a publisher', user('1'), 'read', 'team//web/app@1.0', 'allow'],
    ['a publisher', user('1'), 'publish', 'team//other', 'forbidden'],
    ['a publisher', user('1'), 'publish', 'team', 'allow'],
    ['a publisher', user('1'), 'delete', 'team//web/app', 'forbidden'],
    ['a publisher', user('1'), 'overwrite', 'team//web/app', 'forbidden'],
    ['who may only publish', user('1'), 'publish', 'drop//a', 'allow'],
    ['who may only publish', user('1'), 'read', 'drop//a', 'hidden'],
    ['who may only publish', user('1'), 'delete', 'drop//a', 'hidden'],
    ['a maintainer', user('2'), 'delete', 'team//a', 'allow'],
    ['a maintainer', user('2'), 'manage', 'team', 'allow'],
    ['a maintainer', user('2'), 'delete', 'public//a', 'forbidden'],
    ['a maintainer', user('2'), 'system:repositories', '', 'forbidden'],
    ['a maintainer of some names', user('4'), 'manage', 'team', 'forbidden'],
    ['a maintainer of some names', user('4'), 'read', 'team', 'allow'],
    ['a maintainer of some names', user('4'), 'delete', 'team//web/x', 'allow'],
    ['an administrator', user('3'), 'system:users', '', 'allow'],
    ['an administrator', user('3'), 'delete', 'anything//a', 'allow'],
    ['a disabled administrator', user('9'), 'read', 'team//a', 'unauthenticated'],
    ['a token that reads (A50)', limited('2', { actions: ['read'] }), 'read', 'team//a', 'allow'],
    ['a token that reads (A50)', limited('2', { actions: ['read'] }), 'publish', 'team//a', 'forbidden'],
    ['a token that publishes (A50)', limited('2', { actions: ['read', 'publish'] }), 'delete', 'team//a', 'forbidden'],
    ['a token of one repository', limited('3', { repositoryPattern: 'team' }), 'delete', 'team//a', 'allow'],
    ['a token of one repository', limited('3', { repositoryPattern: 'team' }), 'read', 'shared//a', 'hidden'],
    ['a token of one repository', limited('3', { repositoryPattern: 'team' }), 'system:users', '', 'forbidden'],
    ['a token of everything', limited('3', { repositoryPattern: '*' }), 'system:users', '', 'allow'],
    [
      'a token wider than its owner (A53)',
      limited('8', { actions: ['read', 'delete'] }),
      'delete',
      'shared//a',
      'forbidden',
    ],
    ['a disabled user with a token', limited('9', {}), 'read', 'public//a', 'unauthenticated'],
  ];
  it.each(cases)('%s %# %s', (_, principal, action, text, expected) =>
    expect(outcome(principal, action, text)).toBe(expected),
  );

  describe('with a registry token', () => {
    const scopes = [{ repositoryId: 'id-team', package: 'web/app', actions: ['read' as const] }];
    const scoped: readonly [who: string, principal: Principal, action: Action, subject: string, outcome: string][] = [
      ['reads what it was issued for', user('1', { tokenId: null, scopes }), 'read', 'team//web/app', 'allow'],
      [
        'may ask for another where it is too narrow (A59)',
        user('1', { tokenId: null, scopes }),
        'publish',
        'team//web/app',
        'unauthenticated',
      ],
      [
        'may ask for another where it is too narrow (A59)',
        user('1', { tokenId: null, scopes }),
        'read',
        'team//web/b',
        'unauthenticated',
      ],
      [
        'is refused what its user may not (A59)',
        user('1', { tokenId: null, scopes }),
        'delete',
        'team//web/app',
        'forbidden',
      ],
      [
        'gives nothing that the user has lost (A53)',
        user('8', { tokenId: null, scopes }),
        'read',
        'team//web/app',
        'hidden',
      ],
      [
        'does not reach other repositories',
        user('3', { tokenId: null, scopes }),
        'read',
        'drop//web/app',
        'unauthenticated',
      ],
      ['does not manage', user('3', { tokenId: null, scopes }), 'system:users', '', 'unauthenticated'],
      [
        'keeps the limits of its access token',
        limited('2', { actions: ['publish'], scopes }),
        'read',
        'team//web/app',
        'hidden',
      ],
      [
        'of nobody reads what is public',
        { ...anonymousPrincipal, limits: { tokenId: null, scopes: [] } },
        'read',
        'public//a',
        'unauthenticated',
      ],
    ];
    it.each(scoped)('%s %#', (_, principal, action, text, expected) =>
      expect(outcome(principal, action, text)).toBe(expected),
    );

    it('names the rule by which the client knows that a wider token would help', () => {
      expect(
        authorizer.authorize(user('1', { tokenId: null, scopes }), 'publish', subject('team//web/app')),
      ).toMatchObject({ rule: 'token-scopes' });
    });
  });

  it('names the grant that allows and the action that is missing', () => {
    expect(authorizer.authorize(user('2'), 'delete', subject('team//a'))).toEqual({
      allow: true,
      rule: 'grant:7 maintainer',
    });
    expect(authorizer.authorize(user('1'), 'delete', subject('team//web/app'))).toEqual({
      allow: false,
      outcome: 'forbidden',
      rule: 'no-grant',
      reason:
        'You do not have the right "delete" on "web/app" in repository "team"; ask an administrator for a role that includes it.',
    });
  });

  it.each<[string, Principal, boolean]>([
    ['half', anonymousPrincipal, true],
    ['team', anonymousPrincipal, false],
    ['drop', user('1'), true],
    ['drop', user('8'), false],
    ['team', limited('1', { repositoryPattern: 'drop' }), false],
    ['half', user('9'), false],
  ])('canSee %s %#', (name, principal, expected) =>
    expect(authorizer.canSee(principal, { id: `id-${name}`, name })).toBe(expected),
  );

  it.each<[string, Principal, readonly string[] | 'all']>([
    ['public', anonymousPrincipal, 'all'],
    ['half', anonymousPrincipal, ['open/*']],
    ['team', anonymousPrincipal, []],
    ['team', user('1'), 'all'],
    ['team', user('4'), ['web/*']],
    ['drop', user('1'), []],
    ['team', user('3'), 'all'],
    ['team', limited('3', { repositoryPattern: 'drop' }), []],
    ['team', limited('3', { actions: ['publish'] }), []],
    [
      'team',
      user('4', { tokenId: null, scopes: [{ repositoryId: 'id-team', package: 'web/a', actions: ['read'] }] }),
      ['web/a'],
    ],
    [
      'team',
      user('4', { tokenId: null, scopes: [{ repositoryId: 'id-team', package: 'db/a', actions: ['read'] }] }),
      [],
    ],
    ['team', user('9'), []],
    ['team', systemPrincipal, 'all'],
  ])('readableNames of %s %#', (name, principal, expected) =>
    expect(authorizer.readableNames(principal, { id: `id-${name}`, name })).toEqual(
      expected === 'all' ? { all: true } : { all: false, patterns: expected },
    ),
  );

  it('refuses to decide before the rights are loaded', () => {
    const fresh = new Authorizer(database, systemClock, silentLogger);
    expect(() => fresh.authorize(user('3'), 'read', subject('team//a'))).toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
  });

  it('decides in a microsecond or two', () => {
    const started = performance.now();
    for (let i = 0; i < 20_000; i++) authorizer.authorize(user('1'), 'publish', subject('team//web/app@dev-1'));
    expect((performance.now() - started) / 20_000).toBeLessThan(0.05);
  });
});
