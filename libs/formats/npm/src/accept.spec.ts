import { describe, expect, it } from '@jest/globals';
import { packumentForm } from './accept.js';

describe('packumentForm', () => {
  it.each([
    ['application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*', 'abbreviated'],
    ['application/vnd.npm.install-v1+json', 'abbreviated'],
    ['Application/Vnd.npm.Install-v1+JSON;Q=0.9,application/json;q=0.8', 'abbreviated'],
    ['application/vnd.npm.install-v1+json; q=1.0, */*; q=0.1', 'abbreviated'],
    ['application/json', 'full'],
    ['application/json; q=1.0, */*', 'full'],
    ['*/*', 'full'],
    ['application/vnd.npm.install-v1+json, */*', 'full'],
    ['application/vnd.npm.install-v1+json; q=0.5, application/json; q=0.8', 'full'],
    ['application/vnd.npm.install-v1+json, application/json', 'full'],
    ['application/vnd.npm.install-v1+json; q=nonsense, application/json', 'full'],
    ['text/html', 'full'],
    [';;,,=', 'full'],
    ['', 'full'],
    [undefined, 'full'],
  ] as const)('answers Accept %j with the %s form', (accept, form) => {
    expect(packumentForm(accept)).toBe(form);
  });
});
