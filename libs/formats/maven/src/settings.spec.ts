import { describe, expect, it } from '@jest/globals';
import { mavenSettings, settingsSchema, versionPolicyRefusal } from './settings.js';
import { snippets } from './snippets.js';

describe('settings', () => {
  it('takes releases and snapshots in a strict layout unless told otherwise', () => {
    expect(settingsSchema.parse({})).toEqual({ versionPolicy: 'mixed', layoutPolicy: 'strict' });
    expect(mavenSettings({}).overwritePolicy).toBe('snapshots-only');
    expect(settingsSchema.safeParse({ versionPolicy: 'RELEASE' }).success).toBe(false);
    expect(settingsSchema.safeParse({ other: 1 }).success).toBe(false);
  });

  it.each([
    ['release', '1.0', false],
    ['release', '1.0-SNAPSHOT', true],
    ['snapshot', '1.0', true],
    ['snapshot', '1.0-SNAPSHOT', false],
    ['mixed', '1.0', false],
    ['mixed', '1.0-SNAPSHOT', false],
  ] as const)('under %s a deployment of %s is refused: %s', (policy, version, refused) => {
    expect(versionPolicyRefusal('maven', policy, version) !== undefined).toBe(refused);
  });
});

describe('snippets', () => {
  const address = {
    origin: 'http://h:1',
    host: 'h:1',
    repository: 'maven-releases',
    baseUrl: 'http://h:1/repository/maven-releases',
  };

  it('ties credentials, deployment and resolution together by one id', () => {
    const texts = snippets({ ...address, settings: { versionPolicy: 'release' } }).map(snippet => snippet.text);
    expect(texts).toHaveLength(3);
    for (const text of texts) expect(text).toContain('<id>maven-releases</id>');
    expect(texts[1]).toContain('<repository>');
    expect(texts[1]).not.toContain('snapshotRepository');
    expect(texts[2]).toContain('<snapshots><enabled>false</enabled></snapshots>');
  });

  it('names both deploy targets of a mixed repository', () => {
    const publish = snippets({ ...address, settings: {} }).find(snippet => snippet.purpose === 'publish');
    expect(publish?.text).toContain('<repository>');
    expect(publish?.text).toContain('<snapshotRepository>');
  });
});
