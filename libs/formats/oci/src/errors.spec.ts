import { describe, expect, it } from '@jest/globals';
import { errorCodes, type ErrorCode } from '#kernel';
import type { FailedRequest, Failure } from '#registry';
import { renderError } from './errors.js';
import { manifestBlobUnknown, manifestUnknown } from './oci-error.js';

const digest = `sha256:${'ab'.repeat(32)}`;

function failure(code: ErrorCode, details: Record<string, unknown> = {}, message = 'No.'): Failure {
  return { code, message, details, decisionId: 'd1', requestId: 'r1', retryAfterSeconds: undefined, allow: undefined };
}

function request(method: string, url: string, authorization?: string): FailedRequest {
  return {
    method,
    url,
    headers: authorization ? { authorization } : {},
    origin: 'http://127.0.0.1:8081',
    repository: undefined,
    target: undefined,
    authenticated: false,
  };
}

const get = request('GET', '/v2/hosted/app/manifests/1');

describe('errors of the protocol', () => {
  it.each(errorCodes)('says %s as JSON with a code, a message and the decision', code => {
    const answer = renderError(failure(code), get);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers).toMatchObject({
      'Content-Type': 'application/json',
      'Docker-Distribution-Api-Version': 'registry/2.0',
    });
    const { errors } = JSON.parse(answer.body) as { errors: { code: string; message: string; detail: unknown }[] };
    expect(errors).toEqual([
      {
        code: expect.stringMatching(/^[A-Z_]+$/),
        message: expect.stringContaining('No.'),
        detail: expect.objectContaining({ decisionId: 'd1', requestId: 'r1' }),
      },
    ]);
  });

  it('uses the finer word that an error brings', () => {
    const { code, details, message } = manifestUnknown('app', '1');
    const { status, body } = renderError(failure(code, details, message), get);
    expect(status).toBe(404);
    expect(JSON.parse(body)).toEqual({
      errors: [{ code: 'MANIFEST_UNKNOWN', message, detail: { reference: '1', decisionId: 'd1', requestId: 'r1' } }],
    });
  });

  it('lists each missing object of a manifest', () => {
    const { code, details } = manifestBlobUnknown([
      { digest, relation: 'layer' },
      { digest: 'sha256:2', relation: 'config' },
    ]);
    const { errors } = JSON.parse(renderError(failure(code, details), get).body) as {
      errors: { code: string; detail: unknown }[];
    };
    expect(errors.map(error => error.code)).toEqual(['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN']);
    expect(errors[1]!.detail).toMatchObject({ digest: 'sha256:2', relation: 'config' });
  });

  it('refuses a fixed tag in the words that kaniko looks for, and says the way out', () => {
    const put = request('PUT', '/v2/hosted/app/manifests/1.0');
    const answer = renderError(
      failure('tag-fixed', { tag: '1.0', rule: 'tag-rule:@version' }, 'Push under a new tag.'),
      put,
    );
    expect(answer.status).toBe(409);
    const { errors } = JSON.parse(answer.body) as { errors: { code: string; message: string; detail: unknown }[] };
    expect(errors[0]).toMatchObject({
      code: 'DENIED',
      detail: { reason: 'TAG_IMMUTABLE', tag: '1.0', rule: 'tag-rule:@version' },
    });
    expect(errors[0]!.message).toBe(
      "The image tag '1.0' already exists in the 'hosted/app' repository and cannot be overwritten because the tag is immutable. Push under a new tag.",
    );
  });

  it('does not speak of overwriting when a fixed tag is deleted', () => {
    const answer = renderError(
      failure('tag-fixed', { tag: '1.0' }, 'Fixed.'),
      request('DELETE', '/v2/hosted/app/manifests/1.0'),
    );
    expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ message: 'Fixed.' }] });
  });

  it('explains the form of names when the repository is missing from one', () => {
    const answer = renderError(failure('not-found'), request('POST', '/v2/app/blobs/uploads/'));
    expect(JSON.parse(answer.body)).toMatchObject({
      errors: [{ code: 'NAME_UNKNOWN', message: expect.stringContaining('docker-hosted/app') }],
    });
  });

  it('says where an upload stands when a chunk is out of order', () => {
    const patch = request('PATCH', '/v2/hosted/app/blobs/uploads/id?x=1');
    expect(renderError(failure('upload-offset', { offsetBytes: 10 }), patch)).toMatchObject({
      status: 416,
      headers: { Location: '/v2/hosted/app/blobs/uploads/id', Range: '0-9' },
    });
  });

  it('answers 414 to too many tag parameters and 413 to everything else that is too large', () => {
    expect(renderError(failure('too-large', { ociCode: 'TAG_INVALID' }), get).status).toBe(414);
    expect(renderError(failure('too-large'), get).status).toBe(413);
  });
});

describe('challenges', () => {
  const realm = 'Bearer realm="http://127.0.0.1:8081/v2/_token",service="container-registry"';

  it.each([
    ['GET', '/v2/', undefined],
    ['GET', '/v2', undefined],
    ['GET', '/v2/hosted/app/manifests/1', 'repository:hosted/app:pull'],
    ['HEAD', `/v2/hosted/team/app/blobs/${digest}`, 'repository:hosted/team/app:pull'],
    ['GET', '/v2/hosted/app/tags/list?n=1', 'repository:hosted/app:pull'],
    ['POST', '/v2/hosted/app/blobs/uploads/', 'repository:hosted/app:pull,push'],
    ['GET', '/v2/hosted/app/blobs/uploads/id', 'repository:hosted/app:pull,push'],
    ['DELETE', '/v2/hosted/app/blobs/uploads/id', 'repository:hosted/app:pull,push'],
    ['PUT', '/v2/hosted/app/manifests/1', 'repository:hosted/app:pull,push'],
    ['DELETE', '/v2/hosted/app/manifests/1', 'repository:hosted/app:delete'],
    ['DELETE', `/v2/hosted/app/blobs/${digest}`, 'repository:hosted/app:delete'],
    ['GET', '/v2/_catalog', 'registry:catalog:*'],
    ['GET', '/v2/hosted/"x"/manifests/1', undefined],
    ['GET', '/v2/hosted/%zz/manifests/1', undefined],
  ])('%s %s asks for the scope %s', (method, url, scope) => {
    const { status, headers } = renderError(failure('unauthenticated'), request(method, url));
    expect(status).toBe(401);
    expect(headers['WWW-Authenticate']).toBe(scope ? `${realm},scope="${scope}"` : realm);
  });

  it.each([
    ['unauthenticated', 'Bearer abc', ',error="insufficient_scope"'],
    ['invalid-credentials', 'Bearer abc', ',error="invalid_token"'],
    ['invalid-credentials', 'Bearer', ',error="invalid_token"'],
    ['unauthenticated', 'Basic Og==', ''],
    ['invalid-credentials', 'Basic abc', ''],
  ] as const)('%s after "%s" ends in "%s"', (code, authorization, end) => {
    const { headers } = renderError(failure(code), request('GET', '/v2/', authorization));
    expect(headers['WWW-Authenticate']).toBe(realm + end);
  });

  it('is Basic at the token service alone, with the words of OAuth', () => {
    const { status, headers, body } = renderError(failure('invalid-credentials'), request('POST', '/v2/_token'));
    expect(status).toBe(401);
    expect(headers['WWW-Authenticate']).toBe('Basic realm="http://127.0.0.1:8081/v2/_token"');
    expect(JSON.parse(body)).toMatchObject({ error: 'invalid_grant', errors: [{ code: 'UNAUTHORIZED' }] });
  });
});
