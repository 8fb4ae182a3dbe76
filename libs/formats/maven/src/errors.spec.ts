import { describe, expect, it } from '@jest/globals';
import { errorCodes, type ErrorCode } from '#kernel';
import { renderError, wire } from './errors.js';

function render(
  code: ErrorCode,
  headers: Record<string, string> = {},
  method = 'PUT',
  message = 'Something is wrong. Do this.',
) {
  const failure = {
    code,
    message,
    details: {},
    decisionId: 'd1',
    requestId: 'r1',
    retryAfterSeconds: undefined,
    allow: undefined,
  };
  const request = {
    method,
    url: '/x',
    headers,
    origin: 'http://h',
    repository: 'maven',
    target: undefined,
    authenticated: false,
  };
  return renderError(failure, request);
}

const problem = { accept: 'application/problem+json,*/*' };

describe('renderError', () => {
  it('gives Maven from 3.9.11 on a problem document whose type has no parameters', () => {
    const answer = render('version-exists', problem);
    expect(answer).toMatchObject({
      status: 409,
      headers: { 'Content-Type': 'application/problem+json' },
      reason: 'Something is wrong. Do this',
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      title: 'Already released',
      status: 409,
      detail: 'Something is wrong. Do this.',
      decisionId: 'd1',
    });
  });

  it('gives everybody else one line of text', () => {
    const answer = render('version-exists', { accept: '*/*' });
    expect(answer.headers['Content-Type']).toBe('text/plain; charset=utf-8');
    expect(answer.body).toBe('Something is wrong. Do this.\n');
  });

  it('never sends a problem document with 404, 412 or 416, nor to HEAD', () => {
    for (const code of ['not-found', 'upload-unknown', 'precondition-failed', 'range-not-satisfiable'] as const) {
      expect(render(code, problem, 'GET').headers['Content-Type']).not.toBe('application/problem+json');
    }
    expect(render('forbidden', problem, 'HEAD').headers['Content-Type']).toBe('text/plain; charset=utf-8');
    expect(render('precondition-failed', problem, 'GET').body).toBe('');
  });

  it.each(['unauthenticated', 'invalid-credentials'] as const)(
    'challenges for Basic in the realm that sbt looks up when it is %s',
    code => {
      expect(render(code)).toMatchObject({
        status: 401,
        headers: { 'WWW-Authenticate': 'Basic realm="Larder", charset="UTF-8"' },
      });
    },
  );

  it('keeps the reason phrase on one line of printable Latin-1 of at most 200 characters', () => {
    expect(render('conflict', {}, 'PUT', 'a\r\nSet-Cookie: x\u2028\u4e2d b').reason).toBe('a Set-Cookie: x b');
    expect(render('conflict', {}, 'PUT', 'x'.repeat(500)).reason).toHaveLength(200);
  });

  it('answers 404 only for what does not exist and 5xx only for what a repetition can cure', () => {
    expect(errorCodes.filter(code => wire[code].status === 404)).toEqual(['not-found', 'upload-unknown']);
    expect(errorCodes.filter(code => wire[code].status >= 500)).toEqual([
      'read-only',
      'unavailable',
      'storage-full',
      'internal',
    ]);
  });
});
