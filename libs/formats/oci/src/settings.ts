import { z } from 'zod';
import type { Format } from '#registry';

export const settings = z.strictObject({
  /** Take a manifest although some of its layers or children are not here: mirrors of selected platforms. */
  sparseManifests: z.boolean().default(false),
});

/**
 * What looks like a version is set once. Before that stand the tags that clients themselves write again and again: the lists of referrers that they keep
 * for registries without the referrers API (`sha256-<hex>`), and cosign's `sha256-<hex>.sig`, `.att` and `.sbom`.
 */
export const defaults: Format['defaults'] = {
  overwritePolicy: 'never',
  tagRules: [
    { tag: 'sha256-*', mode: 'free' },
    { tag: 'sha512-*', mode: 'free' },
    { tag: '@version', mode: 'fixed' },
  ],
};
