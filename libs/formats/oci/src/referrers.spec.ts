import { describe, expect, it } from '@jest/globals';
import { ociImage, ociIndex } from './manifest.js';
import { referrerOf, referrersPage, sortReferrers, type Referrer } from './referrers.js';

const entry = (digest: string, artifactType?: string, annotations?: Record<string, string>): Referrer =>
  referrerOf(digest, {
    mediaType: ociImage,
    kind: 'image',
    sizeBytes: 7,
    ...(artifactType && { artifactType }),
    ...(annotations && { annotations }),
  });
const all = { artifactTypes: [], after: undefined };
const manifests = (body: string) => (JSON.parse(body) as { manifests: Referrer[] }).manifests;

describe('the list of referrers', () => {
  it('is an index, empty when there are none', () => {
    expect(JSON.parse(referrersPage([], all).body)).toEqual({ schemaVersion: 2, mediaType: ociIndex, manifests: [] });
  });

  it('describes each referrer once, in the order of digests', () => {
    const sorted = sortReferrers([
      entry('sha256:b', 'x/y', { k: 'v' }),
      entry('sha256:a'),
      entry('sha256:b', 'x/y', { k: 'v' }),
    ]);
    expect(manifests(referrersPage(sorted, all).body)).toEqual([
      { mediaType: ociImage, digest: 'sha256:a', size: 7 },
      { mediaType: ociImage, digest: 'sha256:b', size: 7, artifactType: 'x/y', annotations: { k: 'v' } },
    ]);
  });

  it.each([
    [['x/y'], ['sha256:b']],
    [
      ['x/y', 'z/z'],
      ['sha256:b', 'sha256:c'],
    ],
    [['no/ne'], []],
  ])('filters by the types %j', (artifactTypes, digests) => {
    const referrers = [entry('sha256:a'), entry('sha256:b', 'x/y'), entry('sha256:c', 'z/z')];
    expect(
      manifests(referrersPage(referrers, { artifactTypes, after: undefined }).body).map(({ digest }) => digest),
    ).toEqual(digests);
  });

  it.each([
    ['by number', 2500, 0],
    ['by size', 100, 100_000],
  ])('comes in pages limited %s, with each referrer once', (_how, count, annotationBytes) => {
    const referrers = sortReferrers(
      Array.from({ length: count }, (_, i) =>
        entry(`sha256:${String(i).padStart(6, '0')}`, 'x/y', { a: 'a'.repeat(annotationBytes) }),
      ),
    );
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = referrersPage(referrers, { artifactTypes: ['x/y'], after });
      expect(Buffer.byteLength(page.body)).toBeLessThan(4 * 1024 * 1024);
      found.push(...manifests(page.body).map(({ digest }) => digest));
      after = page.next;
    } while (after !== undefined);
    expect(found).toEqual(referrers.map(({ digest }) => digest));
  });
});
