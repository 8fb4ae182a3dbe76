import type { Principal } from '#access';
import type { Actor } from '#audit';
import type { RepositoryRow } from '#catalog';
import type { Format, Target } from './format.js';
import type { Trace } from './trace.js';

/**
 * One content request on its way through the pipeline. Made by the front when the repository is known; the guard adds the principal.
 * Handlers receive it with `@Ctx()`; everything after routing reads the target and the params, never the raw URL.
 */
export interface RepositoryContext<P = unknown> {
  readonly repository: RepositoryRow;
  readonly format: Format;
  readonly target: Target;
  /** The narrow value that the format's route parser made. */
  readonly params: P;
  readonly principal: Principal;
  /** Who acts, for events: principal, token, client, source address, request id. */
  readonly actor: Actor;
  /** Scheme, host and port as clients see them; no trailing slash. */
  readonly origin: string;
  /** URL of the repository as clients see it; no trailing slash. */
  readonly baseUrl: string;
  readonly trace: Trace;
  readonly requestId: string;
  /** Aborted when the client goes away before the answer is complete. */
  readonly signal: AbortSignal;
}

/** A request below a format's mount that belongs to no repository (`/v2/`, its token service, its catalog). */
export type RootContext<P = unknown> = Omit<RepositoryContext<P>, 'repository' | 'baseUrl'>;
