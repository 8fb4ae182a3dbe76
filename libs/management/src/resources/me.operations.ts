import { z } from 'zod';
import { actions } from '#kernel';
import { id, moment, timestamp, word } from '../http/fields.js';
import { operation } from '../http/operation.js';
import { pageOf, pageQuery } from '../http/paging.js';
import { password, smallBodyBytes } from './setup.operations.js';

export const accessToken = z
  .strictObject({
    id,
    name: z.string(),
    kind: z.string(),
    client: z.string().nullable(),
    prefix: z.string().meta({ description: 'The beginning of the secret, to tell tokens apart.' }),
    actions: z.array(z.string()).nullable().meta({ description: 'Null: everything that the user may do.' }),
    repositoryPattern: z.string().nullable(),
    createdAt: timestamp,
    expiresAt: timestamp.nullable(),
    lastUsedAt: timestamp.nullable(),
    revokedAt: timestamp.nullable(),
  })
  .meta({ id: 'AccessToken' });

const me = z
  .strictObject({
    id: z.string().meta({ description: 'As under `/users`.' }),
    principalId: z.string().meta({ description: 'As in audit events.' }),
    name: z.string(),
    token: z
      .strictObject({
        id: z.string().nullable(),
        actions: z.array(z.string()).nullable(),
        repositoryPattern: z.string().nullable(),
      })
      .nullable()
      .meta({ description: 'The limits of the access token that was used; null for a password.' }),
  })
  .meta({ id: 'Me' });

export const getMe = operation({
  id: 'getMe',
  method: 'GET',
  path: '/me',
  action: 'signed-in',
  summary: 'Tells who asks',
  answer: me,
});

export const listMyTokens = operation({
  id: 'listMyTokens',
  method: 'GET',
  path: '/me/tokens',
  action: 'signed-in',
  summary: 'Lists my access tokens, the newest first',
  query: pageQuery,
  answer: pageOf(accessToken),
});

export const createMyToken = operation({
  id: 'createMyToken',
  method: 'POST',
  path: '/me/tokens',
  action: 'signed-in',
  summary: 'Creates an access token; its secret is shown only in this answer',
  body: z.strictObject({
    name: word(100),
    actions: z
      .array(z.enum(actions as [string, ...string[]]))
      .min(1)
      .max(20)
      .optional(),
    repositoryPattern: word(256).optional(),
    expiresAt: moment.optional(),
  }),
  status: 201,
  answer: z.strictObject({ ...accessToken.shape, token: z.string() }).meta({ id: 'NewAccessToken' }),
  neverStore: true,
});

export const revokeMyToken = operation({
  id: 'revokeMyToken',
  method: 'DELETE',
  path: '/me/tokens/:tokenId',
  action: 'signed-in',
  summary: 'Revokes one of my access tokens; repeatable',
  params: z.strictObject({ tokenId: id }),
});

export const changeMyPassword = operation({
  id: 'changeMyPassword',
  method: 'PUT',
  path: '/me/password',
  action: 'signed-in',
  summary: 'Changes my password; every other session of mine ends',
  body: z.strictObject({ currentPassword: password, password }),
  bodyLimitBytes: smallBodyBytes,
  errors: ['invalid-credentials', 'rate-limited'],
});
