import type { RepositoryContext } from '#registry';

/**
 * Documents are asked again each time (a 304 is cheap): npm does not revalidate within max-age, not even for a version that its copy
 * lacks. What an anonymous client may read is public; without that word some tools treat every answer as private.
 */
export function freshness(ctx: RepositoryContext): { cacheControl: string; vary: string[] } {
  const audience = ctx.principal.kind === 'anonymous' ? 'public' : 'private';
  return { cacheControl: `${audience}, max-age=0`, vary: ['Accept', 'Authorization'] };
}
