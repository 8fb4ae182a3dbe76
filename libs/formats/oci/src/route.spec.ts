import { describe, expect, it } from '@jest/globals';
import { parseContentPath } from '#http';
import type { RouteRequest } from '#registry';
import { parseContentDigest } from './names.js';
import { locate, rootRoute, route } from './route.js';

const hex = 'ab'.repeat(32);
const digest = `sha256:${hex}`;
const sha512 = `sha512:${'cd'.repeat(64)}`;

function request(method: string, url: string): RouteRequest {
  const [path = '', query = ''] = url.split('?');
  return { method, path: parseContentPath(path), query: new URLSearchParams(query), headers: {} };
}

describe('routes of an image', () => {
  it.each([
    ['GET', `app/blobs/${digest}`, 'blob', { package: 'app', file: digest }],
    ['HEAD', `team/app/blobs/${digest}`, 'blob', { package: 'team/app', file: digest }],
    ['DELETE', `app/blobs/${sha512}`, 'blob', { package: 'app', file: sha512 }],
    ['POST', 'app/blobs/uploads/', 'uploads', { package: 'app' }],
    ['POST', 'app/blobs/uploads', 'uploads', { package: 'app' }],
    ['PATCH', 'app/blobs/uploads/some-id', 'upload', { package: 'app' }],
    ['GET', 'app/blobs/uploads/some-id', 'upload', { package: 'app' }],
    ['DELETE', 'app/blobs/uploads/some-id', 'upload', { package: 'app' }],
    ['PUT', `app/blobs/uploads/some-id?digest=${digest}`, 'upload', { package: 'app' }],
    ['GET', 'app/manifests/1.0', 'manifest', { package: 'app', tag: '1.0' }],
    ['PUT', 'a/b/c/d/manifests/latest', 'manifest', { package: 'a/b/c/d', tag: 'latest' }],
    ['DELETE', `app/manifests/${digest}`, 'manifest', { package: 'app', version: digest }],
    ['GET', `app/manifests/sha256%3A${hex}`, 'manifest', { package: 'app', version: digest }],
    ['GET', 'app/tags/list', 'tags', { package: 'app' }],
    ['GET', `app/referrers/${digest}`, 'referrers', { package: 'app' }],
  ])('%s %s is %s', (method, url, endpoint, target) => {
    expect(route(request(method, url))).toMatchObject({ endpoint, target });
  });

  it.each([
    ['POST', 'a/blobs/uploads/blobs/uploads/', 'uploads', 'a/blobs/uploads'],
    ['GET', 'a/blobs/uploads/manifests/1', 'manifest', 'a/blobs/uploads'],
    ['GET', 'a/manifests/manifests/1', 'manifest', 'a/manifests'],
    ['GET', 'a/tags/list/tags/list', 'tags', 'a/tags/list'],
    ['GET', 'tags/tags/list', 'tags', 'tags'],
    ['GET', `blobs/blobs/${digest}`, 'blob', 'blobs'],
    ['PATCH', 'uploads/blobs/uploads/id', 'upload', 'uploads'],
  ])('%s %s finds the name although it holds words of the protocol', (method, url, endpoint, image) => {
    expect(route(request(method, url))).toMatchObject({ endpoint, params: { image } });
  });

  it.each([
    'app',
    'app/foo',
    'app/manifests',
    'app/manifests/',
    'app/manifests/1.0/',
    'app/blobs',
    'app/tags',
    'app/tags/list/',
    'app/constructor/x',
    '',
  ])('knows no path "%s"', url => {
    expect(route(request('GET', url))).toBeUndefined();
  });

  it.each([
    ['GET', 'App/manifests/1', 'invalid-name'],
    ['GET', 'manifests/1', 'not-found'],
    ['POST', 'blobs/uploads/', 'not-found'],
    ['GET', 'a..b/tags/list', 'invalid-name'],
    ['GET', `${'x'.repeat(256)}/tags/list`, 'invalid-name'],
    ['PUT', 'app/manifests/.x', 'invalid-tag'],
    ['DELETE', 'app/manifests/.x', 'invalid-tag'],
    ['PUT', 'app/manifests/sha256:baddigeststring', 'invalid-digest'],
    ['GET', 'app/blobs/latest', 'invalid-digest'],
    ['GET', 'app/referrers/1.0', 'invalid-digest'],
    ['PUT', 'app/blobs/uploads/id', 'invalid-digest'],
    ['PUT', 'app/blobs/uploads/id?digest=md5:00', 'invalid-digest'],
    ['POST', 'app/blobs/uploads/?mount=foo', 'invalid-digest'],
    ['POST', 'app/blobs/uploads/?digest=foo', 'invalid-digest'],
    ['POST', 'app/blobs/uploads/?digest-algorithm=md5', 'invalid-digest'],
    ['GET', 'app/tags/list?n=-1', 'invalid-request'],
    ['GET', 'app/tags/list?n=x', 'invalid-request'],
    ['PUT', `app/manifests/${digest}?tag=ok&tag=.no`, 'invalid-tag'],
  ])('refuses %s %s with %s', (method, url, code) => {
    expect(() => route(request(method, url))).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['PUT', `app/blobs/${digest}`, ['GET', 'HEAD', 'DELETE']],
    ['GET', 'app/blobs/uploads/', ['POST']],
    ['POST', 'app/manifests/1', ['GET', 'HEAD', 'PUT', 'DELETE']],
    ['DELETE', 'app/tags/list', ['GET', 'HEAD']],
  ])('says which methods %s %s could have', (method, url, allow) => {
    expect(route(request(method, url))).toEqual({ allow });
  });

  it('reads a mount with its source as written', () => {
    expect(route(request('POST', `app/blobs/uploads/?mount=${digest}&from=other/App`))).toMatchObject({
      params: {
        image: 'app',
        mount: parseContentDigest(digest),
        from: 'other/App',
        digest: undefined,
        algorithm: 'sha256',
      },
    });
  });

  it('reads the tags of a push by digest, each once', () => {
    expect(route(request('PUT', `app/manifests/${digest}?tag=a&tag=b&tag=a`))).toMatchObject({
      params: { tags: ['a', 'b'] },
    });
  });

  it('refuses more than 32 tags in one push', () => {
    const tags = Array.from({ length: 33 }, (_, i) => `tag=t${i}`).join('&');
    expect(() => route(request('PUT', `app/manifests/${digest}?${tags}`))).toThrow(/At most 32 tags/);
  });

  it.each([
    ['', 10_000, undefined],
    ['n=0', 0, undefined],
    ['n=2&last=v1', 2, 'v1'],
    ['n=1000000000', 10_000, undefined],
    ['last=10000', 10_000, '10000'],
  ])('reads the page "%s"', (query, limit, after) => {
    expect(route(request('GET', `app/tags/list?${query}`))).toMatchObject({ params: { limit, after } });
  });

  it('reads the artifact types of referrers', () => {
    expect(
      route(request('GET', `app/referrers/${digest}?artifactType=a/b&artifactType=&artifactType=c/d`)),
    ).toMatchObject({
      params: { subject: { text: digest }, artifactTypes: ['a/b', 'c/d'] },
    });
  });

  it('lets a reader ask for what cannot be a tag: it is not there', () => {
    expect(route(request('GET', 'app/manifests/.x'))).toMatchObject({
      endpoint: 'manifest',
      params: { reference: { tag: '.x' } },
    });
  });

  it('takes a path apart without checking the name', () => {
    expect(locate(['No', 'Name', 'manifests', 'x'], false)).toEqual({
      resource: 'manifest',
      nameParts: ['No', 'Name'],
      last: 'x',
    });
  });
});

describe('routes without a repository', () => {
  it.each([
    ['GET', '', 'base'],
    ['GET', '/', 'base'],
    ['HEAD', '/', 'base'],
    ['GET', '/_token?scope=a&scope=b', 'token'],
    ['POST', '/_token', 'token'],
    ['GET', '/_catalog?n=5', 'catalog'],
    ['GET', '/_oci/ext/discover', 'extensions'],
  ])('%s "%s" is %s', (method, url, endpoint) => {
    expect(rootRoute(request(method, url))).toMatchObject({ endpoint, target: {} });
  });

  it('leaves everything else to the repositories', () => {
    expect(rootRoute(request('GET', '/hosted/app/tags/list'))).toBeUndefined();
    expect(rootRoute(request('GET', '/_other'))).toBeUndefined();
  });

  it('answers a wrong method with the right ones', () => {
    expect(rootRoute(request('POST', '/'))).toEqual({ allow: ['GET', 'HEAD'] });
  });

  it('hands on every scope parameter', () => {
    expect(rootRoute(request('GET', '/_token?scope=a%20b&scope=c'))).toMatchObject({
      params: { scopes: ['a b', 'c'] },
    });
  });
});
