import { describe, expect, it } from '@jest/globals';
import { errorCodes, type ErrorCode } from '#kernel';
import type { FailedRequest, Failure } from '#registry';
import { renderError, wire } from './errors.js';

function failure(code: ErrorCode, message = 'It went wrong.'): Failure {
  return {
    code,
    message,
    details: {},
    decisionId: 'd',
    requestId: 'r',
    retryAfterSeconds: undefined,
    allow: undefined,
  };
}

function request(accept?: string): FailedRequest {
  return {
    method: 'POST',
    url: '/repository/r/',
    headers: accept === undefined ? {} : { accept },
    origin: 'http://larder.test:8081',
    repository: 'r',
    target: undefined,
    authenticated: false,
  };
}

describe('renderError', () => {
  it.each(errorCodes)('answers %s with its status and the message in body and reason', code => {
    const answer = renderError(failure(code), request('*/*'));
    expect(answer).toMatchObject({ status: wire[code], body: 'It went wrong.\n', reason: 'It went wrong.' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      vary: expect.stringContaining('Accept'),
    });
  });

  it('challenges with Basic on 401, and only there', () => {
    expect(renderError(failure('unauthenticated'), request()).headers['www-authenticate']).toBe(
      'Basic realm="larder.test:8081"',
    );
    expect(renderError(failure('forbidden'), request()).headers['www-authenticate']).toBeUndefined();
  });

  it('gives the size of a file with an unsatisfiable range', () => {
    const { headers } = renderError({ ...failure('range-not-satisfiable'), details: { sizeBytes: 7 } }, request());
    expect(headers).toMatchObject({ 'content-range': 'bytes */7', 'accept-ranges': 'bytes' });
  });

  it('keeps the message on one line of text and the reason in ASCII of at most 200 characters', () => {
    const answer = renderError(failure('invalid-package', `schön\r\nX-Evil: 1 – ${'x'.repeat(300)}`), request());
    expect(answer.body).toContain('schön X-Evil: 1 – xxx');
    expect(answer.reason).toMatch(/^sch\?n X-Evil: 1 \? x+$/);
    expect(answer.reason).toHaveLength(200);
  });

  it('answers uv with a JSON body whose code is a text', () => {
    const answer = renderError(
      failure('version-exists', 'File already exists.'),
      request('application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7'),
    );
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answer.body)).toEqual({
      code: '409 File already exists.',
      message: 'File already exists.',
      title: 'Conflict',
    });
  });

  it.each([
    ['*/*'],
    ['application/json;q=0'],
    ['application/json;q=0.0, text/plain'],
    ['application/json-seq'],
    [undefined],
  ])('answers %s with text', accept => {
    expect(renderError(failure('not-found'), request(accept)).headers['content-type']).toBe(
      'text/plain; charset=utf-8',
    );
  });
});
