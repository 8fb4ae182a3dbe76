import { z } from 'zod';
import type { ErrorCode } from '#kernel';
import { pathParameters, type Operation } from '../http/operation.js';
import { statusOf } from '#registry';
import { problemSchema } from '../http/problem.js';

type Json = Record<string, unknown>;

const problemMediaType = 'application/problem+json';
// Any request may be malformed, too often repeated or meet a server without its database.
const codesOfAll: readonly ErrorCode[] = ['invalid-request', 'rate-limited', 'unavailable', 'internal'];

/**
 * The OpenAPI 3.1 document of these operations. Schemas with an id (`.meta({ id })`) become components.
 * @throws Error when two operations share an id or a route, or a path parameter has no schema: a mistake in the code, seen at start.
 */
export function describeApi(operations: readonly Operation[], version: string): Json {
  const components: Json = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json =>
    hoist(z.toJSONSchema(schema, { io, unrepresentable: 'any' }), components);
  const problem = { [problemMediaType]: { schema: schemaOf(problemSchema, 'output') } };
  const paths: Record<string, Json> = {};
  const ids = new Set<string>();
  for (const operation of operations) {
    if (ids.has(operation.id)) throw new Error(`two operations are called ${operation.id}`);
    ids.add(operation.id);
    const path = `/api/v1${operation.path.replaceAll(/:([A-Za-z]+)/g, '{$1}')}`;
    const methods = (paths[path] ??= {});
    const method = operation.method.toLowerCase();
    if (method in methods) throw new Error(`two operations answer ${operation.method} ${path}`);
    methods[method] = describeOperation(operation, schemaOf, problem);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Larder',
      version,
      description: 'Management of repositories, packages, people and rights.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: components,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic' } },
    },
  };
}

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => Json;

function describeOperation(operation: Operation, schemaOf: SchemaOf, problem: Json): Json {
  const parameters = [...describePath(operation, schemaOf), ...describeQuery(operation, schemaOf)];
  if (operation.guardedByETag && operation.method !== 'GET') {
    parameters.push({ name: 'If-Match', in: 'header', required: false, schema: { type: 'string' } });
  }
  return {
    operationId: operation.id,
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    tags: [operation.path.split('/')[1]],
    'x-action': operation.action,
    security: [...(operation.action === 'public' ? [{}] : []), { bearer: [] }, { basic: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.body === undefined ? {} : { requestBody: describeBody(operation, schemaOf) }),
    responses: { ...describeAnswer(operation, schemaOf), ...describeProblems(operation, problem) },
  };
}

function describePath(operation: Operation, schemaOf: SchemaOf): Json[] {
  const properties = operation.params ? propertiesOf(schemaOf(operation.params, 'input')) : {};
  return pathParameters(operation.path).map(name => {
    const schema = properties[name];
    if (!schema) throw new Error(`the path parameter ${name} of ${operation.id} has no schema`);
    return { name, in: 'path', required: true, schema };
  });
}

function describeQuery(operation: Operation, schemaOf: SchemaOf): Json[] {
  if (!operation.query) return [];
  const schema = schemaOf(operation.query, 'input');
  const required = (schema['required'] ?? []) as readonly string[];
  return Object.entries(propertiesOf(schema)).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: property,
  }));
}

function describeBody(operation: Operation, schemaOf: SchemaOf): Json {
  const mediaType = operation.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const schema = schemaOf(operation.body!, 'input');
  const content: Json = { [mediaType]: { schema } };
  if (operation.method === 'PATCH') content['application/json'] = { schema };
  return { required: true, content };
}

function describeAnswer(operation: Operation, schemaOf: SchemaOf): Json {
  if (!operation.answer) return { [operation.status ?? 204]: { description: 'Done.' } };
  const schema = schemaOf(operation.answer, 'output');
  const content: Json = { 'application/json': { schema } };
  if (operation.streams) content['application/x-ndjson'] = { schema: { description: 'One item on each line.' } };
  return { [operation.status ?? 200]: { description: 'Done.', content } };
}

function describeProblems(operation: Operation, problem: Json): Json {
  const codes = new Set<ErrorCode>([...codesOfAll, ...(operation.errors ?? [])]);
  if (operation.action !== 'public')
    for (const code of ['unauthenticated', 'invalid-credentials', 'forbidden'] as const) codes.add(code);
  if (pathParameters(operation.path).length > 0) codes.add('not-found');
  if (operation.body) codes.add('too-large').add('unsupported-media-type');
  if (operation.guardedByETag && operation.method !== 'GET') codes.add('precondition-failed');
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const status = statusOf(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [status, { description: `Problem: ${list.join(', ')}.`, content: problem }]),
  );
}

function propertiesOf(schema: Json): Record<string, Json> {
  return (schema['properties'] ?? {}) as Record<string, Json>;
}

/** Moves `$defs` into the components and points the references there. */
function hoist(schema: Json, components: Json): Json {
  const moved = JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
  const { $defs, $schema: _dialect, ...rest } = moved;
  Object.assign(components, $defs);
  return rest;
}
