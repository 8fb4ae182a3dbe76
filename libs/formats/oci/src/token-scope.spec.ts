import { describe, expect, it } from '@jest/globals';
import { contentActionsOf, parseScopes, splitName } from './token-scope.js';

describe('scopes of the token service', () => {
  it.each([
    ['repository:hosted/app:pull', { type: 'repository', name: 'hosted/app', actions: ['pull'] }],
    ['repository:hosted/app:push,pull', { type: 'repository', name: 'hosted/app', actions: ['pull', 'push'] }],
    ['repository(plugin):hosted/app:pull', { type: 'repository', name: 'hosted/app', actions: ['pull'] }],
    ['repository:host:5000/x:pull', { type: 'repository', name: 'host:5000/x', actions: ['pull'] }],
    ['repository:hosted/app:pull,fly', { type: 'repository', name: 'hosted/app', actions: ['pull'] }],
    ['registry:catalog:*', { type: 'registry', name: 'catalog', actions: ['*'] }],
  ])('reads %s', (text, scope) => {
    expect(parseScopes([text])).toEqual([scope]);
  });

  it.each([
    '',
    ' ',
    'foo',
    'repository::pull',
    'repository:n:',
    ':n:pull',
    'repository:n',
    'REPOSITORY:n/a:pull',
    'x'.repeat(5000),
  ])('ignores "%s"', text => {
    expect(parseScopes([text])).toEqual([]);
  });

  it('reads repeated parameters and one blank-separated value alike', () => {
    const a = 'repository:hosted/a:pull';
    const b = 'repository:hosted/b:push';
    expect(parseScopes([a, b])).toEqual(parseScopes([`${a} ${b} `]));
  });

  it('takes at most 100 scopes', () => {
    expect(parseScopes(Array.from({ length: 150 }, (_, i) => `repository:hosted/a${i}:pull`))).toHaveLength(100);
  });

  it.each([
    ['hosted/app', { repository: 'hosted', image: 'app' }],
    ['hosted/team/app', { repository: 'hosted', image: 'team/app' }],
    ['hosted', undefined],
    ['/app', undefined],
    ['hosted/', undefined],
  ])('splits the name %s', (name, split) => {
    expect(splitName(name)).toEqual(split);
  });

  it('lets a push publish and move tags, but not read or delete', () => {
    expect(contentActionsOf(['push'])).toEqual(['publish', 'overwrite', 'tag']);
    expect(contentActionsOf(['pull', 'push'])).toEqual(['read', 'publish', 'overwrite', 'tag']);
    expect(contentActionsOf(['delete'])).toEqual(['delete', 'tag']);
  });
});
