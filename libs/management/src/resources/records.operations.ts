import { z } from 'zod';
import { errorCodes } from '#kernel';
import { moment, timestamp, word } from '../http/fields.js';
import { operation } from '../http/operation.js';
import { pageOf, pageQuery } from '../http/paging.js';

export const getDecision = operation({
  id: 'getDecision',
  method: 'GET',
  path: '/decisions/:decisionId',
  action: 'public',
  summary: 'Explains why a request was refused or found nothing',
  description: 'The one whose request it was sees code, message and rule; the steps need `system:audit`.',
  params: z.strictObject({ decisionId: z.string().regex(/^[0-9a-z]{26}$/) }),
  answer: z
    .strictObject({
      id: z.string(),
      at: timestamp,
      method: z.string(),
      url: z.string(),
      status: z.int(),
      code: z.string(),
      message: z.string(),
      rule: z.string().nullable(),
      principal: z.string().optional(),
      repository: z.string().nullable().optional(),
      steps: z.array(z.unknown()).optional(),
    })
    .meta({ id: 'Decision' }),
});

export const auditEvent = z
  .strictObject({
    sequence: z.string(),
    at: timestamp,
    action: z.string(),
    principalId: z.string(),
    principalName: z.string(),
    tokenId: z.string().nullable(),
    client: z.string().nullable(),
    sourceAddress: z.string().nullable(),
    requestId: z.string().nullable(),
    repository: z.string().nullable(),
    package: z.string().nullable(),
    version: z.string().nullable(),
    tag: z.string().nullable(),
    path: z.string().nullable(),
    before: z.unknown(),
    after: z.unknown(),
  })
  .meta({ id: 'AuditEvent' });

export const listAuditEvents = operation({
  id: 'listAuditEvents',
  method: 'GET',
  path: '/audit-events',
  action: 'system:audit',
  summary: 'Lists changes, the newest first; `Accept: application/x-ndjson` streams all that match, the oldest first',
  query: pageQuery.extend({
    action: word(100).optional(),
    principalId: word(100).optional(),
    principalName: word(100).optional(),
    repository: word(63).optional(),
    package: word(256).optional(),
    version: word(256).optional(),
    tag: word(256).optional(),
    requestId: word(200).optional(),
    createdAfter: moment.optional(),
    createdBefore: moment.optional(),
  }),
  answer: pageOf(auditEvent),
  streams: true,
});

export const getProblem = operation({
  id: 'getProblem',
  method: 'GET',
  path: '/problems/:code',
  action: 'public',
  summary: 'Describes one kind of problem',
  params: z.strictObject({ code: z.enum(errorCodes) }),
  answer: z.strictObject({ code: z.string(), status: z.int(), title: z.string() }).meta({ id: 'ProblemKind' }),
});
