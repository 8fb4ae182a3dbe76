import { describe, expect, it } from '@jest/globals';
import { parseContentPath } from '#http';
import { route } from './route.js';

function ask(method: string, path: string) {
  return route({ method, path: parseContentPath(path), query: new URLSearchParams(), headers: {} });
}

describe('route', () => {
  it('names the package, the base version and the path', () => {
    expect(ask('GET', '/com/acme/lib/1.0-SNAPSHOT/lib-1.0-20260101.120000-3.jar')).toMatchObject({
      endpoint: 'file',
      target: {
        package: 'com.acme:lib',
        version: '1.0-SNAPSHOT',
        file: 'com/acme/lib/1.0-SNAPSHOT/lib-1.0-20260101.120000-3.jar',
      },
    });
  });

  it('asks about the file when a checksum is asked for', () => {
    expect(ask('HEAD', '/com/acme/lib/1.0/lib-1.0.jar.sha1')).toMatchObject({
      endpoint: 'checksum',
      target: { file: 'com/acme/lib/1.0/lib-1.0.jar' },
      params: { checksum: 'sha1' },
    });
  });

  it('names the package of metadata only where the path has one reading', () => {
    expect(ask('GET', '/com/acme/lib/1.0-SNAPSHOT/maven-metadata.xml')).toMatchObject({
      endpoint: 'metadata',
      target: { package: 'com.acme:lib', version: '1.0-SNAPSHOT' },
    });
    const path = 'com/acme/lib/maven-metadata.xml';
    expect(ask('GET', `/${path}.md5`)).toMatchObject({
      endpoint: 'metadata',
      target: { file: path },
      params: { checksum: 'md5' },
    });
    expect(ask('GET', '/acme/maven-metadata.xml')).toMatchObject({
      endpoint: 'metadata',
      target: { file: 'acme/maven-metadata.xml' },
    });
  });

  it('takes a plus sign as it is and as %2B', () => {
    const raw = ask('PUT', '/org/x/lib/1.0+3/lib-1.0+3.pom');
    expect(raw).toMatchObject({ target: { version: '1.0+3' } });
    expect(ask('PUT', '/org/x/lib/1.0%2B3/lib-1.0%2B3.pom')).toEqual(raw);
  });

  it.each([
    '/com/acme/lib/1.0/',
    '/g/a/maven-metadata-central.xml',
    '/g/a/1.0/_remote.repositories',
    `/g/a/1/${'x'.repeat(256)}`,
  ])('refuses a PUT to %s and has nothing there to GET', path => {
    expect(() => ask('PUT', path)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
    expect(ask('GET', path)).toBeUndefined();
  });

  it.each([
    '/.meta/prefixes.txt',
    '/archetype-catalog.xml',
    '/.index/x.gz',
    '/maven-metadata.xml',
    '/maven-metadata.xml.sha1',
  ])('accepts a PUT of %s to drop it, and has nothing there to GET', path => {
    expect(ask('PUT', path)).toMatchObject({ endpoint: 'auxiliary' });
    expect(ask('GET', path)).toBeUndefined();
  });

  it('leaves a path that is no artifact to the layout policy of the repository', () => {
    expect(ask('PUT', '/foo/bar/bar-1.0.jar')).toMatchObject({
      endpoint: 'file',
      target: { package: 'foo/bar' },
      params: { artifact: undefined, strictRefusal: expect.stringMatching(/too few parts/) },
    });
  });

  it.each(['MKCOL', 'PROPFIND', 'POST', 'PATCH', 'LOCK'])('answers %s with the methods that the path takes', method => {
    expect(ask(method, '/com/acme/lib/1.0/')).toEqual({ allow: ['GET', 'HEAD', 'PUT', 'OPTIONS'] });
    expect(ask(method, '/com/acme/lib/1.0/lib-1.0.jar')).toEqual({
      allow: ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'],
    });
  });
});
