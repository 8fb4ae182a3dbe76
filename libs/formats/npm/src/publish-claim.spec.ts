import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from './manifest-fields.js';
import { hasAttachments, readClaim, readDeprecations } from './publish-claim.js';

function publishDocument(changes: JsonObject = {}): JsonObject {
  return {
    _id: 'foo',
    name: 'foo',
    'dist-tags': { latest: '1.0.0' },
    versions: { '1.0.0': { name: 'foo', version: '1.0.0', dist: { integrity: 'sha512-AA==', shasum: 'ab' } } },
    _attachments: { 'foo-1.0.0.tgz': { data: '', length: 5 } },
    ...changes,
  };
}

const manifest = { name: 'foo', version: '1.0.0' };

describe('readClaim', () => {
  it('takes version, tags and announced digests from the document', () => {
    expect(readClaim(publishDocument(), 'foo')).toMatchObject({
      name: 'foo',
      version: '1.0.0',
      tags: ['latest'],
      length: 5,
      integrity: 'sha512-AA==',
      shasum: 'ab',
    });
  });

  it.each([
    [{ 'dist-tags': { next: '1.0.0', beta: '1.0.0' } }, ['next', 'beta']],
    [{ 'dist-tags': {} }, ['latest']],
    [{ 'dist-tags': null }, ['latest']],
  ])('reads the tags of %j', (changes, tags) => {
    expect(readClaim(publishDocument(changes), 'foo').tags).toEqual(tags);
  });

  it('accepts an attachment that is named with the scope or without, and a bundle beside it', () => {
    const data = { data: '' };
    const attachments = { '@s/foo-1.0.0.tgz': data, 'foo-1.0.0.sigstore': { data: '{}' } };
    expect(readClaim(publishDocument({ _attachments: attachments }), 'foo').length).toBeUndefined();
  });

  it.each<[string, JsonObject, string]>([
    ['another name', { name: 'bar' }, 'invalid-request'],
    ['no name', { name: null }, 'invalid-request'],
    ['another _id', { _id: 'bar' }, 'invalid-request'],
    ['another name in the manifest', { versions: { '1.0.0': { name: 'bar', version: '1.0.0' } } }, 'invalid-request'],
    ['no version', { versions: {} }, 'invalid-request'],
    ['versions that are a list', { versions: [manifest] }, 'invalid-request'],
    ['two versions', { versions: { '1.0.0': manifest, '2.0.0': manifest } }, 'invalid-request'],
    ['a version that is no semver', { versions: { '1.0': { name: 'foo', version: '1.0' } } }, 'invalid-version'],
    ['another version in the manifest', { versions: { '1.0.1': manifest } }, 'invalid-version'],
    ['a manifest that is no object', { versions: { '1.0.0': 'x' } }, 'invalid-version'],
    ['no attachment', { _attachments: {} }, 'invalid-request'],
    ['two tarballs', { _attachments: { 'a.tgz': { data: '' }, 'b.tgz': { data: '' } } }, 'invalid-request'],
    ['data that is a number', { _attachments: { 'a.tgz': { data: 5 } } }, 'invalid-request'],
    ['a length that is no whole number', { _attachments: { 'a.tgz': { data: '', length: '5' } } }, 'invalid-request'],
    ['a tag that is a range', { 'dist-tags': { '1.x': '1.0.0' } }, 'invalid-tag'],
    ['an empty tag', { 'dist-tags': { '': '1.0.0' } }, 'invalid-tag'],
    ['a tag of another version', { 'dist-tags': { latest: '2.0.0' } }, 'invalid-tag'],
    ['tags that are text', { 'dist-tags': 'latest' }, 'invalid-tag'],
    [
      'an integrity that is no text',
      { versions: { '1.0.0': { ...manifest, dist: { integrity: 5 } } } },
      'invalid-request',
    ],
  ])('refuses %s', (_, changes, code) => {
    expect(() => readClaim(publishDocument(changes), 'foo')).toThrow(expect.objectContaining({ code }));
  });

  it('names both when the document is for another package', () => {
    expect(() => readClaim(publishDocument(), 'bar')).toThrow(
      'Package name in the URL (bar) and in the document (foo) differ.',
    );
  });

  it('refuses a name that nobody may make', () => {
    const document = publishDocument({
      _id: 'Foo',
      name: 'Foo',
      versions: { '1.0.0': { name: 'Foo', version: '1.0.0' } },
    });
    expect(() => readClaim(document, 'Foo')).toThrow('capital letters');
  });
});

describe('hasAttachments', () => {
  it.each([
    [{}, false],
    [{ _attachments: {} }, false],
    [{ _attachments: null }, false],
    [{ _attachments: { 'a.tgz': 5 } }, true],
  ])('says of %j: %s', (document, answer) => {
    expect(hasAttachments(document)).toBe(answer);
  });
});

describe('readDeprecations', () => {
  it('sets text and clears what is empty, null, false or missing', () => {
    const versions = {
      a: { deprecated: 'old' },
      b: { deprecated: '' },
      c: { deprecated: null },
      d: { deprecated: false },
      e: {},
    };
    expect([...readDeprecations({ versions })]).toEqual([
      ['a', 'old'],
      ['b', undefined],
      ['c', undefined],
      ['d', undefined],
      ['e', undefined],
    ]);
  });

  it.each([5, {}, true, 'x'.repeat(1025)])('refuses the message %j', deprecated => {
    expect(() => readDeprecations({ versions: { a: { deprecated } } })).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });
});
