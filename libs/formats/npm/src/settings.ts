import { z } from 'zod';

const gibibyte = 1024 ** 3;

/** Settings of an npm repository beside the common ones. */
export const settings = z.strictObject({
  /** Largest tarball that is taken, in bytes. */
  maxTarballBytes: z
    .int()
    .min(1)
    .max(16 * gibibyte)
    .default(2 * gibibyte),
});

/** @param stored the repository's settings, which were validated when they were written */
export function tarballLimitBytes(stored: Readonly<Record<string, unknown>>): number {
  const limit = stored.maxTarballBytes;
  return typeof limit === 'number' ? limit : 2 * gibibyte;
}
