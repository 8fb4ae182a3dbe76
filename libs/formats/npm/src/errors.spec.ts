import { describe, expect, it } from '@jest/globals';
import { errorCodes, type ErrorCode } from '#kernel';
import type { FailedRequest, Failure } from '#registry';
import { renderError } from './errors.js';

function failure(code: ErrorCode, details: Record<string, unknown> = {}): Failure {
  return {
    code,
    message: 'Something is wrong.',
    details,
    decisionId: 'd1',
    requestId: 'r1',
    retryAfterSeconds: undefined,
    allow: undefined,
  };
}

function request(url = '/repository/npm/foo', headers: Record<string, string> = {}): FailedRequest {
  return {
    method: 'GET',
    url,
    headers,
    origin: 'http://h',
    repository: 'npm',
    target: undefined,
    authenticated: false,
  };
}

describe('renderError', () => {
  it.each([...errorCodes])('answers %s with JSON that has a string error', code => {
    const answer = renderError(failure(code), request());
    const body = JSON.parse(answer.body) as Record<string, unknown>;
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(body).toMatchObject({ request_id: 'r1', decision_id: 'd1', message: body.error });
    expect(body.error).not.toBe('');
  });

  it('says in the known words that a version exists', () => {
    const answer = renderError(failure('version-exists', { version: '1.0.0' }), request());
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({
      error: expect.stringMatching(/^You cannot publish over the previously published versions: 1\.0\.0\./),
      code: 'VERSION_EXISTS',
    });
  });

  it.each([
    ['no credential', failure('unauthenticated'), request(), 'Bearer realm="Larder"'],
    [
      'a wrong token',
      failure('invalid-credentials'),
      request('/x', { authorization: 'Bearer abc' }),
      'Bearer realm="Larder"',
    ],
    [
      'a wrong password',
      failure('invalid-credentials'),
      request('/x', { authorization: 'Basic abc' }),
      'Basic realm="Larder"',
    ],
    [
      'a failed log-in',
      failure('invalid-credentials'),
      request('/repository/npm/-/user/org.couchdb.user:ann'),
      undefined,
    ],
    ['a missing right', failure('forbidden'), request(), undefined],
  ])('challenges %s as npm expects it', (_, failed, asked, challenge) => {
    expect(renderError(failed, asked).headers['www-authenticate']).toBe(challenge);
  });
});
