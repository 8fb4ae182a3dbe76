import { z } from 'zod';
import { id, timestamp, word } from '../http/fields.js';
import { operation } from '../http/operation.js';
import { pageOf, pageQuery } from '../http/paging.js';

const tag = z
  .strictObject({
    name: z.string(),
    version: z.string().meta({ description: 'For images the digest of the manifest.' }),
    versionId: id,
    movedAt: timestamp,
    movedBy: z.string(),
    client: z.string().nullable(),
  })
  .meta({ id: 'Tag' });

const tagMove = z
  .strictObject({
    from: z.string().nullable().meta({ description: 'Null: the tag did not exist.' }),
    to: z.string().nullable().meta({ description: 'Null: the tag was removed.' }),
    at: timestamp,
    by: z.string().nullable(),
    byId: z.string().nullable(),
    client: z.string().nullable(),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'TagMove' });

const packageId = z.strictObject({ packageId: id });
const packageTag = z.strictObject({ packageId: id, tag: word(256) });

export const listTags = operation({
  id: 'listTags',
  method: 'GET',
  path: '/packages/:packageId/tags',
  action: 'public',
  summary: 'Lists the tags of a package, by name',
  params: packageId,
  query: pageQuery,
  answer: pageOf(tag),
});

export const getTag = operation({
  id: 'getTag',
  method: 'GET',
  path: '/packages/:packageId/tags/:tag',
  action: 'public',
  summary: 'Gives one tag',
  params: packageTag,
  answer: tag,
});

export const moveTag = operation({
  id: 'moveTag',
  method: 'PUT',
  path: '/packages/:packageId/tags/:tag',
  action: 'signed-in',
  summary: 'Points a tag at a version of the package; makes the tag when there is none',
  params: packageTag,
  body: z.strictObject({ version: word(256) }),
  answer: tag,
  errors: ['tag-fixed', 'tag-guarded', 'invalid-tag'],
});

export const removeTag = operation({
  id: 'removeTag',
  method: 'DELETE',
  path: '/packages/:packageId/tags/:tag',
  action: 'signed-in',
  summary: 'Removes a tag; repeatable',
  params: packageTag,
  errors: ['tag-fixed', 'tag-guarded'],
});

export const listTagHistory = operation({
  id: 'listTagHistory',
  method: 'GET',
  path: '/packages/:packageId/tags/:tag/history',
  action: 'public',
  summary: 'Lists the moves of a tag, the newest first: from where to where, when, by whom, with which client',
  params: packageTag,
  query: pageQuery,
  answer: pageOf(tagMove),
});

export const rollbackTag = operation({
  id: 'rollbackTag',
  method: 'POST',
  path: '/packages/:packageId/tags/:tag/rollback',
  action: 'signed-in',
  summary: 'Points a tag at the version that it pointed at before its last move',
  params: packageTag,
  answer: tag,
  errors: ['conflict', 'tag-fixed', 'tag-guarded'],
});
