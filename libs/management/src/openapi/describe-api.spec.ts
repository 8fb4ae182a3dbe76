import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { id, word } from '../http/fields.js';
import { operation } from '../http/operation.js';
import { pageOf, pageQuery } from '../http/paging.js';
import { describeApi } from './describe-api.js';

const thing = z.strictObject({ id, name: word(10) }).meta({ id: 'Thing' });
const list = operation({
  id: 'listThings',
  method: 'GET',
  path: '/things',
  action: 'public',
  summary: 'Lists things',
  query: pageQuery,
  answer: pageOf(thing),
});
const change = operation({
  id: 'changeThing',
  method: 'PATCH',
  path: '/things/:thingId',
  action: 'system:users',
  summary: 'Changes a thing',
  params: z.strictObject({ thingId: id }),
  body: z.strictObject({ name: word(10).optional() }),
  answer: thing,
  guardedByETag: true,
  errors: ['conflict'],
});

describe('describeApi', () => {
  const document = JSON.parse(JSON.stringify(describeApi([list, change], '1.0.0'))) as any;

  it('has the operations under their paths', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(['/api/v1/things', '/api/v1/things/{thingId}']);
    expect(document.paths['/api/v1/things'].get).toMatchObject({
      operationId: 'listThings',
      security: [{}, { bearer: [] }, { basic: [] }],
    });
    expect(document.paths['/api/v1/things/{thingId}'].patch).toMatchObject({
      operationId: 'changeThing',
      'x-action': 'system:users',
    });
  });

  it('makes parameters of path, query and header', () => {
    expect(
      document.paths['/api/v1/things'].get.parameters.map((parameter: any) => [
        parameter.name,
        parameter.in,
        parameter.required,
      ]),
    ).toEqual([
      ['limit', 'query', false],
      ['cursor', 'query', false],
    ]);
    expect(document.paths['/api/v1/things/{thingId}'].patch.parameters.map((parameter: any) => parameter.name)).toEqual(
      ['thingId', 'If-Match'],
    );
  });

  it('shares named schemas as components and leaves no local definitions', () => {
    expect(Object.keys(document.components.schemas).sort()).toEqual(['Problem', 'Thing']);
    expect(JSON.stringify(document)).not.toContain('$defs');
    expect(
      document.paths['/api/v1/things/{thingId}'].patch.responses['200'].content['application/json'].schema,
    ).toEqual({
      $ref: '#/components/schemas/Thing',
    });
  });

  it('names the problems by status', () => {
    const { responses } = document.paths['/api/v1/things/{thingId}'].patch;
    expect(Object.keys(responses)).toEqual(
      expect.arrayContaining(['400', '401', '403', '404', '409', '412', '413', '415', '429', '500', '503']),
    );
    expect(responses['409'].content).toHaveProperty(['application/problem+json']);
  });

  it.each([
    ['an id twice', [list, { ...change, id: 'listThings' }]],
    ['a route twice', [list, { ...list, id: 'other' }]],
    ['a path parameter without a schema', [{ ...change, params: undefined }]],
  ])('refuses %s', (_, operations) => expect(() => describeApi(operations as never, '1')).toThrow());
});
