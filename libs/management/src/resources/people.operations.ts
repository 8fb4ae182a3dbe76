import { z } from 'zod';
import { actions } from '#kernel';
import { id, line, timestamp, word } from '../http/fields.js';
import { locationBy, operation } from '../http/operation.js';
import { pageOf, pageQuery } from '../http/paging.js';
import { accessToken } from './me.operations.js';
import { password, userName } from './setup.operations.js';

const user = z
  .strictObject({
    id,
    name: z.string(),
    displayName: z.string(),
    email: z.string().nullable(),
    disabled: z.boolean(),
    createdAt: timestamp,
  })
  .meta({ id: 'User' });

const role = z
  .strictObject({ id, name: z.string(), actions: z.array(z.string()), builtIn: z.boolean() })
  .meta({ id: 'Role' });

const grant = z
  .strictObject({
    id,
    subject: z.enum(['user', 'everyone', 'signed-in']),
    user: z.string().nullable().meta({ description: 'Name of the user when the subject is one.' }),
    role: z.string(),
    repository: z.string().meta({ description: 'Pattern over repository names.' }),
    name: z.string().meta({ description: 'Pattern over package names.' }),
    tag: z.string().meta({ description: 'Pattern over tags.' }),
    createdAt: timestamp,
    createdBy: z.string(),
  })
  .meta({ id: 'Grant' });

const anyAction = z.enum(actions as [string, ...string[]]);
const action = 'system:users';
const userId = z.strictObject({ userId: id });
const roleId = z.strictObject({ roleId: id });
const grantId = z.strictObject({ grantId: id });
const profile = { displayName: line(200).optional(), email: word(200).nullable().optional() };

export const listUsers = operation({
  id: 'listUsers',
  method: 'GET',
  path: '/users',
  action,
  summary: 'Lists users, by name',
  query: pageQuery,
  answer: pageOf(user),
});
export const createUser = operation({
  id: 'createUser',
  method: 'POST',
  path: '/users',
  action,
  summary: 'Creates a user',
  body: z.strictObject({ name: userName, password, ...profile }),
  status: 201,
  location: locationBy('/users', 'id'),
  answer: user,
  errors: ['conflict', 'invalid-name'],
});
export const getUser = operation({
  id: 'getUser',
  method: 'GET',
  path: '/users/:userId',
  action,
  summary: 'Gives one user',
  params: userId,
  answer: user,
});
export const changeUser = operation({
  id: 'changeUser',
  method: 'PATCH',
  path: '/users/:userId',
  action,
  summary: 'Changes a user; a new password or disabling ends every session and token use at once',
  params: userId,
  body: z.strictObject({ ...profile, password: password.optional(), disabled: z.boolean().optional() }),
  answer: user,
  errors: ['conflict'],
});
export const removeUser = operation({
  id: 'removeUser',
  method: 'DELETE',
  path: '/users/:userId',
  action,
  summary: 'Removes a user with all access tokens and grants; repeatable',
  params: userId,
  errors: ['conflict'],
});

export const listRoles = operation({
  id: 'listRoles',
  method: 'GET',
  path: '/roles',
  action,
  summary: 'Lists roles, by name',
  query: pageQuery,
  answer: pageOf(role),
});
export const createRole = operation({
  id: 'createRole',
  method: 'POST',
  path: '/roles',
  action,
  summary: 'Creates a role',
  body: z.strictObject({ name: word(100), actions: z.array(anyAction).min(1).max(20) }),
  status: 201,
  location: locationBy('/roles', 'id'),
  answer: role,
  errors: ['conflict', 'invalid-name'],
});
export const getRole = operation({
  id: 'getRole',
  method: 'GET',
  path: '/roles/:roleId',
  action,
  summary: 'Gives one role',
  params: roleId,
  answer: role,
});
export const changeRole = operation({
  id: 'changeRole',
  method: 'PATCH',
  path: '/roles/:roleId',
  action,
  summary: 'Changes the actions of a role; built-in roles stay as they are',
  params: roleId,
  body: z.strictObject({ actions: z.array(anyAction).min(1).max(20) }),
  answer: role,
  errors: ['conflict'],
});
export const removeRole = operation({
  id: 'removeRole',
  method: 'DELETE',
  path: '/roles/:roleId',
  action,
  summary: 'Removes a role that no grant uses; repeatable',
  params: roleId,
  errors: ['conflict'],
});

export const listGrants = operation({
  id: 'listGrants',
  method: 'GET',
  path: '/grants',
  action,
  summary: 'Lists grants, in the order they were given',
  query: pageQuery,
  answer: pageOf(grant),
});
export const createGrant = operation({
  id: 'createGrant',
  method: 'POST',
  path: '/grants',
  action,
  summary: 'Grants a role; `{"subject":"everyone","role":"reader","repository":"*"}` lets everyone read everything',
  body: z
    .strictObject({
      subject: z.enum(['user', 'everyone', 'signed-in']),
      user: userName.optional().meta({ description: 'Name of the user; only with the subject user.' }),
      role: word(100),
      repository: word(255).default('*'),
      name: word(255).default('*'),
      tag: word(255).default('*'),
    })
    .refine(body => (body.subject === 'user') === (body.user !== undefined), {
      path: ['user'],
      message: 'must be given with the subject user, and only then',
    }),
  status: 201,
  location: locationBy('/grants', 'id'),
  answer: grant,
});
export const getGrant = operation({
  id: 'getGrant',
  method: 'GET',
  path: '/grants/:grantId',
  action,
  summary: 'Gives one grant',
  params: grantId,
  answer: grant,
});
export const removeGrant = operation({
  id: 'removeGrant',
  method: 'DELETE',
  path: '/grants/:grantId',
  action,
  summary: 'Takes a grant back; repeatable',
  params: grantId,
  errors: ['conflict'],
});

export const listTokens = operation({
  id: 'listTokens',
  method: 'GET',
  path: '/tokens',
  action,
  summary: 'Lists the access tokens of all users, the newest first',
  query: pageQuery,
  answer: pageOf(z.strictObject({ ...accessToken.shape, user: z.string() }).meta({ id: 'OwnedAccessToken' })),
});
export const revokeToken = operation({
  id: 'revokeToken',
  method: 'DELETE',
  path: '/tokens/:tokenId',
  action,
  summary: 'Revokes an access token of any user; repeatable',
  params: z.strictObject({ tokenId: id }),
});
