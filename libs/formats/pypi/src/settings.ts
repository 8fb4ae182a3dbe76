import { z } from 'zod';
import type { Format, RepositoryRow } from '#registry';

export const settings = z.strictObject({
  /** A larger file is refused, before it is read where the client announces its size. */
  maxFileBytes: z
    .int()
    .min(1)
    .max(64 * 1024 ** 3)
    .default(2 * 1024 ** 3),
});

export const defaults: Format['defaults'] = { overwritePolicy: 'never', tagRules: [] };

/** The limit of a repository; what was stored was checked against the schema. */
export function maxFileBytesOf(repository: RepositoryRow): number {
  return settings.shape.maxFileBytes.parse(repository.settings['maxFileBytes']);
}
