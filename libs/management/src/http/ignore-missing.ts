import { isLarderError } from '#kernel';

/** For removals: when two come at once, the second finds nothing and is done as well. */
export function ignoreMissing(error: unknown): void {
  if (!isLarderError(error, 'not-found')) throw error;
}
