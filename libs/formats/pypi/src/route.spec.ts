import { describe, expect, it } from '@jest/globals';
import { parseContentPath } from '#http';
import { filePath } from './filenames.js';
import { route } from './route.js';

function ask(method: string, url: string) {
  const [path, query] = url.split('?') as [string, string | undefined];
  return route({ method, path: parseContentPath(path), query: new URLSearchParams(query), headers: {} });
}

describe('route', () => {
  it.each([
    ['/simple/', 'root', {}],
    ['/+simple/', 'root', {}],
    ['/simple/foo-bar/', 'project', { package: 'foo-bar' }],
    ['/+simple/foo/', 'project', { package: 'foo' }],
    ['/pypi/foo/json', 'json', { package: 'foo' }],
    ['/pypi/foo/json/', 'json', { package: 'foo' }],
    ['/pypi/foo/1.0RC1/json', 'json', { package: 'foo', version: '1.0rc1' }],
  ])('reads GET and HEAD %s as %s', (url, endpoint, target) => {
    for (const method of ['GET', 'HEAD']) expect(ask(method, url)).toMatchObject({ endpoint, target });
  });

  it('finds a file and its metadata by the project in the file name', () => {
    const path = filePath('foo_bar-1.0+a-py3-none-any.whl');
    const target = { package: 'foo-bar', version: '1.0+a', file: 'foo_bar-1.0+a-py3-none-any.whl' };
    expect(ask('GET', `/${path}`)).toEqual({ endpoint: 'file', target, params: { project: 'foo-bar', path } });
    expect(ask('GET', `/${path.replace('+', '%2B')}`)).toEqual(ask('GET', `/${path}`));
    expect(ask('HEAD', `/${path}.metadata`)).toEqual({
      endpoint: 'file',
      target: { ...target, file: `${target.file}.metadata` },
      params: { project: 'foo-bar', path: `${path}.metadata` },
    });
  });

  it.each([
    ['/simple', 'simple/'],
    ['/simple?format=json', 'simple/?format=json'],
    ['/simple/foo', 'foo/'],
    ['/simple/Foo_Bar', 'foo-bar/'],
    ['/simple/Foo_Bar/', '../foo-bar/'],
    ['/simple/Foo.Bar/?a=1&b=2', '../foo-bar/?a=1&b=2'],
    ['/pypi/Foo/json', '../foo/json'],
    ['/pypi/Foo/json/', '../../foo/json'],
    ['/pypi/Foo/1.0/json', '../../foo/1.0/json'],
  ])('redirects %s to %s', (url, location) => {
    expect(ask('GET', url)).toMatchObject({ endpoint: 'redirect', params: { location } });
  });

  it.each([
    ['/pypi/Foo/json'],
    ['/pypi/Foo/json/'],
    ['/pypi/Foo/1.0/json'],
    ['/simple/Foo_Bar/'],
    ['/simple/Foo_Bar'],
    ['/simple'],
  ])('redirects %s once, to a URL that answers', url => {
    const base = 'http://host/prefix/repository/r';
    const { location } = (ask('GET', url) as { params: { location: string } }).params;
    const next = new URL(location, `${base}${url}`).href;
    expect(next.startsWith(base)).toBe(true);
    expect(ask('GET', next.slice(base.length))).toMatchObject({
      endpoint: expect.stringMatching(/^(root|project|json)$/),
    });
  });

  it.each([['/'], [''], ['/legacy'], ['/legacy/'], ['/simple'], ['/simple/']])('takes uploads at %j', url => {
    expect(ask('POST', url)).toMatchObject({ endpoint: 'upload' });
  });

  it.each([
    ['POST', '/simple/foo/', ['GET', 'HEAD']],
    ['POST', '/anything/else', ['GET', 'HEAD']],
    ['PUT', '/simple/foo/', ['GET', 'HEAD']],
    ['DELETE', `/${filePath('foo-1.0.tar.gz')}`, ['GET', 'HEAD']],
    ['PUT', '/simple/', ['GET', 'HEAD', 'POST']],
    ['GET', '/', ['POST']],
    ['GET', '/legacy/', ['POST']],
  ])('answers %s %s with the methods that it takes', (method, url, allow) => {
    expect(ask(method, url)).toEqual({ allow });
  });

  it.each([
    ['/simple/a b/'.replace(' ', '%20')],
    ['/simple/-a/'],
    ['/simple/foo/bar/'],
    ['/packages/foo-1.0.tar.gz'],
    ['/packages/aa/bb/cc/foo-1.0.tar.gz'],
    [`/${filePath('foo-1.0.tar.gz')}/more`],
    [`/${filePath('foo-1.0.tar.gz').toUpperCase()}`],
    [`/${filePath('foo-1.0.tar.gz')}.metadata.metadata`],
    ['/pypi/foo/bulbasaur/json'],
    ['/pypi/foo'],
    ['/other'],
    ['/SIMPLE/'],
  ])('knows no %s', url => {
    expect(ask('GET', url)).toBeUndefined();
  });
});
