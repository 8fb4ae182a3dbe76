import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileGlob } from '#kernel';
import { createTestDatabase, type TestDatabase } from '#testing';
import { likePattern, readFilterSql, type ReadFilter } from './read-filter.js';

const things = [
  ['1', 'team', 'web/app'],
  ['1', 'team', 'db/app'],
  ['2', 'te_m', 'web/app'],
  ['3', 'Team', '100%'],
  ['4', 'drop', 'a\\b'],
];

describe('a read filter in SQL', () => {
  let test: TestDatabase;
  beforeAll(async () => void (test = await createTestDatabase()));
  afterAll(() => test.stop());

  async function select(filter: ReadFilter, packageName: string | undefined = 'name'): Promise<string[]> {
    const { sql, parameters } = readFilterSql(
      filter,
      { repositoryId: 'id', repositoryName: 'repository', ...(packageName ? { packageName } : {}) },
      2,
    );
    const rows = await test.database.query<{ id: string; name: string }>(
      `select id::text, name from jsonb_to_recordset($1::jsonb) as thing(id bigint, repository text, name text) where ${sql} order by id, name`,
      [JSON.stringify(things.map(([id, repository, name]) => ({ id, repository, name }))), ...parameters],
    );
    return rows.map(row => `${row.id} ${row.name}`);
  }

  const none = { all: false as const, within: null, scopes: null };
  it.each<[string, ReadFilter, string[]]>([
    ['everything', { all: true }, ['1 db/app', '1 web/app', '2 web/app', '3 100%', '4 a\\b']],
    ['nothing without rows', { ...none, rows: [] }, []],
    ['by repository, exactly', { ...none, rows: [{ repository: 'te_m', name: '*' }] }, ['2 web/app']],
    ['by one character', { ...none, rows: [{ repository: 'te?m', name: 'web/*' }] }, ['1 web/app', '2 web/app']],
    ['with a percent sign that is no wildcard', { ...none, rows: [{ repository: '*', name: '%' }] }, []],
    ['with a backslash', { ...none, rows: [{ repository: 'drop', name: 'a\\*' }] }, ['4 a\\b']],
    [
      'any of several rows',
      {
        ...none,
        rows: [
          { repository: 'drop', name: '*' },
          { repository: 'Team', name: '1*' },
        ],
      },
      ['3 100%', '4 a\\b'],
    ],
    [
      'inside the pattern of the token',
      { ...none, rows: [{ repository: '*', name: '*' }], within: 'te_m' },
      ['2 web/app'],
    ],
    [
      'inside the scopes of the token',
      {
        ...none,
        rows: [{ repository: '*', name: 'web/*' }],
        scopes: [{ repositoryId: '1', package: 'web/app', actions: ['read'] }],
      },
      ['1 web/app'],
    ],
  ])('admits %s', async (_, filter, expected) => expect(await select(filter)).toEqual(expected));

  it('compares no package names where repositories are listed', async () => {
    expect(await select({ ...none, rows: [{ repository: 'te_m', name: 'nothing' }] }, '')).toEqual(['2 web/app']);
  });

  it('agrees with the globs of the kernel', async () => {
    const patterns = ['*', 'a*', '*a', 'a?c', 'a%', 'a_c', '\\*', 'a\\c', '**', ''];
    const texts = ['', 'a', 'abc', 'a%', 'a_c', 'a\\c', 'cba', '\\x', 'A'];
    for (const pattern of patterns) {
      const rows = await test.database.query<{ text: string }>(
        'select text from unnest($1::text[]) t(text) where text like $2',
        [texts, likePattern(pattern)],
      );
      expect({ pattern, texts: rows.map(row => row.text) }).toEqual({
        pattern,
        texts: texts.filter(text => compileGlob(pattern).matches(text)),
      });
    }
  });
});
