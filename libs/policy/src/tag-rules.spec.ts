import { describe, expect, it } from '@jest/globals';
import type { TagRule } from './contract.js';
import { overwritePolicySchema, tagRulesSchema } from './schemas.js';
import { decideTagMove, tagModeOf } from './tag-rules.js';

const rules: readonly TagRule[] = [
  { package: 'team/*', tag: 'stable', mode: 'guarded' },
  { tag: 'nightly-?', mode: 'free' },
  { tag: '@version', mode: 'fixed' },
];

describe('tagModeOf', () => {
  it.each([
    ['team/app', 'stable', 'guarded'],
    ['other', 'stable', 'free'],
    ['other', '1.4.0', 'fixed'],
    ['other', 'latest', 'free'],
    ['other', 'v1', 'free'],
    ['other', 'nightly-1', 'free'],
  ])('%s:%s is %s', (name, tag, mode) => expect(tagModeOf(rules, name, tag)).toBe(mode));

  it('lets the first matching rule decide', () => {
    expect(tagModeOf([{ tag: '1.*', mode: 'free' }, ...rules], 'x', '1.4.0')).toBe('free');
    expect(tagModeOf([], 'x', '1.4.0')).toBe('free');
  });
});

describe('decideTagMove', () => {
  const fixed = { rules, package: 'app', tag: '1.4.0', repository: 'docker-hosted', mayManage: true };

  it('lets a fixed tag be set once', () => {
    expect(decideTagMove({ ...fixed, target: 'sha256:b' })).toEqual({ allow: true, rule: 'tag-rule:@version' });
  });

  it('lets a fixed tag be set again to where it points', () => {
    expect(decideTagMove({ ...fixed, holder: 'sha256:a', target: 'sha256:a' }).allow).toBe(true);
  });

  it('refuses to move a fixed tag, with the rule, the holder and the way out', () => {
    expect(decideTagMove({ ...fixed, holder: 'sha256:a', target: 'sha256:b' })).toEqual({
      allow: false,
      rule: 'tag-rule:@version',
      code: 'tag-fixed',
      reason:
        'Tag 1.4.0 is fixed by the tag rule @version and already points at sha256:a; publish under a new tag, or ask an administrator to change the tag rules of docker-hosted.',
    });
  });

  it('refuses to remove a fixed tag', () => {
    expect(decideTagMove({ ...fixed, holder: 'sha256:a' })).toMatchObject({
      allow: false,
      code: 'tag-fixed',
      reason:
        'Tag 1.4.0 is fixed by the tag rule @version and already points at sha256:a; ask an administrator to change the tag rules of docker-hosted.',
    });
  });

  it('lets only a manager move or remove a guarded tag', () => {
    const move = { rules, package: 'team/app', tag: 'stable', holder: '1.0.0', target: '1.1.0' };
    expect(decideTagMove({ ...move, mayManage: true })).toEqual({ allow: true, rule: 'tag-rule:team/*:stable' });
    expect(decideTagMove({ ...move, mayManage: false })).toMatchObject({ allow: false, code: 'tag-guarded' });
    expect(
      decideTagMove({ rules, package: 'team/app', tag: 'stable', holder: '1.0.0', mayManage: false }),
    ).toMatchObject({
      reason:
        'Tag stable is guarded by the tag rule team/*:stable and already points at 1.0.0; only someone with the action manage on team/app may remove it, so ask a manager of the package.',
    });
  });

  it('lets a guarded tag be set for the first time', () => {
    expect(decideTagMove({ rules, package: 'team/app', tag: 'stable', target: '1.0.0', mayManage: false }).allow).toBe(
      true,
    );
  });

  it('lets a free tag and a tag without a rule move', () => {
    expect(decideTagMove({ rules, package: 'x', tag: 'latest', holder: 'a', target: 'b', mayManage: false })).toEqual({
      allow: true,
      rule: 'tag-rule:none',
    });
  });
});

describe('schemas', () => {
  it.each([
    [[{ tag: '@version', mode: 'fixed' }], true],
    [[{ package: 'a/*', tag: '*', mode: 'guarded' }], true],
    [[], true],
    [[{ tag: '', mode: 'fixed' }], false],
    [[{ tag: 'a', mode: 'frozen' }], false],
    [[{ tag: 'a', mode: 'fixed', extra: 1 }], false],
    [[{ tag: 'a'.repeat(257), mode: 'fixed' }], false],
    [[{ tag: 'a\n', mode: 'fixed' }], false],
    [Array.from({ length: 51 }, () => ({ tag: 'a', mode: 'fixed' })), false],
    ['fixed', false],
  ])('tagRulesSchema on %j answers %s', (value, success) =>
    expect(tagRulesSchema.safeParse(value).success).toBe(success),
  );

  it('overwritePolicySchema takes the three words only', () => {
    expect(overwritePolicySchema.safeParse('snapshots-only').success).toBe(true);
    expect(overwritePolicySchema.safeParse('sometimes').success).toBe(false);
  });
});
