import { describe, expect, it } from '@jest/globals';
import { pluginOf, usualPrefix } from './package-metadata.js';

describe('the prefix of a plugin', () => {
  it.each([
    ['foo-maven-plugin', 'foo'],
    ['maven-foo-plugin', 'foo'],
    ['foo', 'foo'],
  ])('of %s is %s unless its metadata says otherwise', (artifactId, prefix) =>
    expect(usualPrefix(artifactId)).toBe(prefix),
  );

  it('is listed only for packages whose POM says maven-plugin', () => {
    const plugin = { name: 'Foo', prefix: 'foo' };
    expect(pluginOf('foo-maven-plugin', { packaging: 'maven-plugin', plugin })).toEqual({
      ...plugin,
      artifactId: 'foo-maven-plugin',
    });
    expect(pluginOf('foo-maven-plugin', { packaging: 'jar', plugin })).toBeUndefined();
    expect(pluginOf('foo-maven-plugin', {})).toBeUndefined();
  });
});
