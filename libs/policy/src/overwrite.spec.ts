import { describe, expect, it } from '@jest/globals';
import { overwritePolicies } from './contract.js';
import { decideOverwrite } from './overwrite.js';

describe('decideOverwrite', () => {
  it.each([
    ['never', false, false],
    ['never', true, false],
    ['snapshots-only', false, false],
    ['snapshots-only', true, true],
    ['always', false, true],
    ['always', true, true],
  ] as const)('under %s with isSnapshot %s answers %s', (policy, isSnapshot, allow) => {
    expect(decideOverwrite(policy, { isSnapshot })).toMatchObject({ allow, rule: `overwrite-policy:${policy}` });
  });

  it('names what is taken, the repository and the way out', () => {
    const verdict = decideOverwrite('never', {
      isSnapshot: false,
      what: 'Version 1.0.0 of demo',
      repository: 'npm-hosted',
    });
    expect(verdict).toEqual({
      allow: false,
      rule: 'overwrite-policy:never',
      code: 'version-exists',
      reason:
        'Version 1.0.0 of demo already exists with other content, and the overwrite policy of npm-hosted is never; publish under a new version, or ask an administrator to change the overwrite policy.',
    });
  });

  it('knows every policy', () => expect(overwritePolicies).toHaveLength(3));
});
