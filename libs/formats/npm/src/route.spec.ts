import { describe, expect, it } from '@jest/globals';
import { parseContentPath } from '#http';
import { route } from './route.js';

function ask(line: string, headers: Record<string, string> = {}) {
  const [method = '', url = ''] = line.split(' ');
  const [path = '', query = ''] = url.split('?');
  return route({
    method,
    path: parseContentPath(path, { encodedSlashes: true }),
    query: new URLSearchParams(query),
    headers,
  });
}

const scoped = { name: '@a/b' };

describe('route', () => {
  it.each(['/foo', '//foo', '/foo/'])('reads %s as the package foo', path => {
    expect(ask(`GET ${path}`)).toMatchObject({
      endpoint: 'packument',
      target: { package: 'foo' },
      params: { name: 'foo' },
    });
  });

  it.each(['/@a%2fb', '/@a%2Fb', '/@a/b', '/%40a%2fb', '/%40a/b'])('reads %s as the package @a/b', path => {
    expect(ask(`GET ${path}`)).toMatchObject({ endpoint: 'packument', target: { package: '@a/b' }, params: scoped });
  });

  it.each([
    ['GET /', 'root', {}],
    ['HEAD /foo', 'packument', { name: 'foo', form: 'full', forWriting: false }],
    ['GET /foo?write=true', 'packument', { name: 'foo', forWriting: true }],
    ['PUT /@a%2fb', 'package', scoped],
    ['DELETE /foo', 'package', { name: 'foo', revision: undefined }],
    ['DELETE /@a%2fb/-rev/3-abc', 'package', { name: '@a/b', revision: '3-abc' }],
    ['PUT /@a/b/-rev/3-abc', 'package-revision', { name: '@a/b', revision: '3-abc' }],
    ['GET /@a/b/1.0.0', 'version-document', { name: '@a/b', selector: '1.0.0' }],
    ['GET /@a%2fb/1.0.0', 'version-document', { name: '@a/b', selector: '1.0.0' }],
    ['GET /@a/b/latest', 'version-document', { name: '@a/b', selector: 'latest' }],
    ['GET /foo/1.0.0%2Bx', 'version-document', { name: 'foo', selector: '1.0.0+x' }],
    ['GET /foo/1.0.0+x', 'version-document', { name: 'foo', selector: '1.0.0+x' }],
    ['GET /foo/-/foo-1.0.0.tgz', 'tarball', { name: 'foo', file: 'foo-1.0.0.tgz' }],
    ['GET /@a/b/-/b-1.0.0.tgz', 'tarball', { name: '@a/b', file: 'b-1.0.0.tgz' }],
    ['GET /@a%2fb/-/b-1.0.0.tgz', 'tarball', { name: '@a/b', file: 'b-1.0.0.tgz' }],
    ['GET /@a%2fb/-/@a%2fb-1.0.0.tgz', 'tarball', { name: '@a/b', file: 'b-1.0.0.tgz' }],
    ['GET /@a/b/-/@a/b-1.0.0.tgz', 'tarball', { name: '@a/b', file: 'b-1.0.0.tgz' }],
    ['DELETE /@a/b/-/b-1.0.0.tgz/-rev/2-x', 'tarball', { name: '@a/b', file: 'b-1.0.0.tgz', revision: '2-x' }],
    ['DELETE /foo/-/foo-1.0.0.tgz', 'tarball', { name: 'foo', file: 'foo-1.0.0.tgz', revision: undefined }],
    ['PUT /foo/beta', 'dist-tag', { name: 'foo', tag: 'beta' }],
    ['GET /-/ping', 'ping', {}],
    ['GET /-/whoami', 'whoami', {}],
    ['PUT /-/user/org.couchdb.user:ann', 'login', { user: 'ann' }],
    ['PUT /-/user/org.couchdb.user:ann/-rev/1-x', 'login', { user: 'ann' }],
    ['DELETE /-/user/token/abc', 'logout', { token: 'abc' }],
    ['GET /-/package/foo/dist-tags', 'dist-tags', { name: 'foo' }],
    ['GET /-/package/@a%2fb/dist-tags', 'dist-tags', scoped],
    ['GET /-/package/@a/b/dist-tags', 'dist-tags', scoped],
    ['PUT /-/package/@a%2fb/dist-tags/next', 'dist-tag', { name: '@a/b', tag: 'next' }],
    ['POST /-/package/foo/dist-tags/a%20b', 'dist-tag', { name: 'foo', tag: 'a b' }],
    ['DELETE /-/package/foo/dist-tags/next', 'dist-tag', { name: 'foo', tag: 'next' }],
  ])('reads %s as %s', (line, endpoint, params) => {
    expect(ask(line)).toMatchObject({ endpoint, params });
  });

  it('chooses the form of a packument by Accept', () => {
    expect(ask('GET /foo', { accept: 'application/vnd.npm.install-v1+json' })).toMatchObject({
      params: { form: 'abbreviated' },
    });
    expect(ask('GET /foo', { accept: '*/*' })).toMatchObject({ params: { form: 'full' } });
  });

  it('puts version, tag and file into the target, so that grants and policies see them', () => {
    expect(ask('GET /foo/v1.0.0')).toMatchObject({ target: { package: 'foo', version: '1.0.0' } });
    expect(ask('GET /foo/next')).toMatchObject({ target: { package: 'foo', tag: 'next' } });
    expect(ask('GET /foo/-/foo-1.0.0.tgz')).toMatchObject({ target: { package: 'foo', file: 'foo-1.0.0.tgz' } });
    expect(ask('DELETE /-/package/foo/dist-tags/next')).toMatchObject({ target: { package: 'foo', tag: 'next' } });
  });

  it.each([
    ['DELETE /-/ping', ['GET', 'HEAD']],
    ['POST /foo', ['GET', 'HEAD', 'PUT', 'DELETE']],
    ['PUT /foo/-/foo-1.0.0.tgz', ['GET', 'HEAD', 'DELETE']],
    ['GET /foo/-rev/1-x', ['PUT', 'DELETE']],
    ['GET /foo/-/foo-1.0.0.tgz/-rev/1-x', ['DELETE']],
    ['GET /-/user/token/abc', ['DELETE']],
    ['DELETE /-/package/foo/dist-tags', ['GET', 'HEAD']],
    ['PATCH /', ['GET', 'HEAD']],
  ])('answers %s with the methods that the path takes', (line, allow) => {
    expect(ask(line)).toEqual({ allow });
  });

  it.each([
    'GET /-/unknown',
    'GET /-',
    'GET /-/package',
    'GET /-/package/foo',
    'GET /-/package/foo/dist-tags/a/b',
    'GET /-/user/ann',
    'PUT /-/user/org.couchdb.user:ann/x',
    'GET /foo/1.0.0/x',
    'GET /foo/-',
    'GET /foo/-/a/b.tgz',
    'GET /@a/b/-/@c/b-1.0.0.tgz',
    'DELETE /foo/-/foo-1.0.0.tgz/-rev',
    'PUT /foo/-rev',
  ])('knows no such path: %s', line => {
    expect(ask(line)).toBeUndefined();
  });

  it.each([
    ['GET /foo%2fbar', 'invalid-name'],
    ['GET /@a', 'invalid-name'],
    ['GET /@a/.b', 'invalid-name'],
    ['GET /.hidden', 'invalid-name'],
    ['GET /f%C3%A9', 'invalid-name'],
    ['GET /@a%2fb%2fc', 'invalid-name'],
    ['GET /foo/a%2fb', 'invalid-version'],
    ['PUT /foo/1.x', 'invalid-tag'],
    ['PUT /-/package/foo/dist-tags/a%2fb', 'invalid-tag'],
    ['PUT /-/package/foo/dist-tags/%5E1.0.0', 'invalid-tag'],
    ['GET /@a%252fb', 'invalid-request'],
    ['GET /foo/..%2fbar', 'invalid-request'],
    ['GET /foo/%00', 'invalid-request'],
    ['GET /%ff', 'invalid-request'],
  ])('refuses %s as %s', (line, code) => {
    expect(() => ask(line)).toThrow(expect.objectContaining({ code }));
  });
});
