import { z } from 'zod';
import { isPrintableThroughout, timestamp, word } from '../http/fields.js';
import { locationBy, operation } from '../http/operation.js';
import { pageOf, pageQuery } from '../http/paging.js';

const settings = z
  .record(z.string().max(100), z.unknown())
  .refine(isPrintableThroughout, 'must not contain control characters')
  .meta({ description: 'Fields as in the `settingsSchema` of the format; unknown ones are errors.' });

export const repository = z
  .strictObject({
    name: z.string(),
    format: z.string(),
    kind: z.enum(['hosted', 'proxy', 'group']),
    url: z.string().meta({ description: 'Address for clients.' }),
    settings,
    createdAt: timestamp,
  })
  .meta({ id: 'Repository' });

const snippet = z.strictObject({
  client: z.string(),
  title: z.string(),
  purpose: z.enum(['set-up', 'read', 'publish']),
  text: z.string(),
});

const format = z
  .strictObject({
    name: z.string(),
    title: z.string(),
    kinds: z.array(z.enum(['hosted', 'proxy', 'group'])),
    lowerCaseRepositoryNames: z.boolean(),
    settingsSchema: z
      .record(z.string(), z.unknown())
      .meta({ description: 'JSON Schema of the settings of a repository.' }),
    snippets: z.array(snippet).meta({ description: 'With `REPOSITORY` for the name of the repository.' }),
  })
  .meta({ id: 'Format' });

export const listFormats = operation({
  id: 'listFormats',
  method: 'GET',
  path: '/formats',
  action: 'public',
  summary: 'Lists the package formats of this server',
  answer: pageOf(format),
});

export const listRepositories = operation({
  id: 'listRepositories',
  method: 'GET',
  path: '/repositories',
  action: 'public',
  summary: 'Lists the repositories that I may read, by name',
  query: pageQuery.extend({ format: word(50).optional() }),
  answer: pageOf(repository),
});

export const createRepository = operation({
  id: 'createRepository',
  method: 'POST',
  path: '/repositories',
  action: 'system:repositories',
  summary: 'Creates a repository',
  body: z.strictObject({
    name: word(63),
    format: word(50),
    kind: z.enum(['hosted', 'proxy', 'group']).default('hosted'),
    settings: settings.default({}),
  }),
  status: 201,
  location: locationBy('/repositories', 'name'),
  answer: repository,
  errors: ['conflict', 'invalid-name'],
});

const byName = z.strictObject({ repository: word(63) });

export const getRepository = operation({
  id: 'getRepository',
  method: 'GET',
  path: '/repositories/:repository',
  action: 'public',
  summary: 'Gives one repository',
  params: byName,
  answer: repository,
  guardedByETag: true,
});

export const changeRepository = operation({
  id: 'changeRepository',
  method: 'PATCH',
  path: '/repositories/:repository',
  action: 'signed-in',
  summary: 'Changes settings by JSON merge patch: what is absent stays, null goes back to the default',
  description: 'Needs `system:repositories`, or `manage` on the whole repository.',
  params: byName,
  body: z.strictObject({ settings }),
  answer: repository,
  guardedByETag: true,
});

export const removeRepository = operation({
  id: 'removeRepository',
  method: 'DELETE',
  path: '/repositories/:repository',
  action: 'signed-in',
  summary: 'Removes a repository with everything in it; repeatable',
  description: 'Needs `system:repositories`.',
  params: byName,
  guardedByETag: true,
});
