import type { Type } from '@nestjs/common';
import type { z } from 'zod';
import type { ErrorCode } from '#kernel';
import type { ContentPath } from '#http';
import type { OverwritePolicy, TagRule } from '#policy';

export const kinds = ['hosted', 'proxy', 'group'] as const;
export type Kind = (typeof kinds)[number];

/** What a request is about, in the format's normalised words. Everything after routing uses this, never the raw URL. */
export interface Target {
  readonly package?: string;
  readonly version?: string;
  readonly tag?: string;
  readonly file?: string;
}

/** What a format's route parser is given. Nothing of it has been looked up yet: parsers are pure. */
export interface RouteRequest {
  /** Upper case; HEAD arrives as HEAD. */
  readonly method: string;
  /** The path below the repository's base (`/repository/<repository>`, or `/v2/<repository>` for a format with a mount). */
  readonly path: ContentPath;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * A recognised request. `endpoint` is the path of the Nest handler below the format's controller prefix; `params` is the narrow value
 * that the handler receives as `ctx.params`.
 */
export interface Route<P = unknown> {
  readonly endpoint: string;
  readonly target: Target;
  readonly params: P;
  /** Answered also to those who may not know of the repository (log-in); the handler then gives nothing about it away. */
  readonly open?: boolean;
}

/** A known path asked with a method it does not take. */
export interface WrongMethod {
  readonly allow: readonly string[];
}

export type RouteResult = Route | WrongMethod | undefined;

/** A refusal or failure, ready to be written in a protocol's words. */
export interface Failure {
  readonly code: ErrorCode;
  /** For a person; one or two sentences. */
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly decisionId: string;
  readonly requestId: string;
  readonly retryAfterSeconds: number | undefined;
  readonly allow: readonly string[] | undefined;
}

export interface FailedRequest {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Scheme, host and port as the client sees them, without a trailing slash. */
  readonly origin: string;
  /** Repository name as in the URL; undefined outside repositories. */
  readonly repository: string | undefined;
  readonly target: Target | undefined;
  /** True when the request carried credentials that were accepted. */
  readonly authenticated: boolean;
}

/** `X-Request-Id`, `X-Decision-Id`, `Retry-After` and `Allow` are added by the engine; a body is dropped for HEAD. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** HTTP/1.1 reason phrase; the engine strips what is not printable Latin-1 and cuts it at 200 characters. */
  readonly reason?: string;
}

export interface Snippet {
  /** `npm`, `docker`, `mvn`, `pip` … */
  readonly client: string;
  readonly title: string;
  readonly purpose: 'set-up' | 'read' | 'publish';
  /** Copyable as it stands; `$TOKEN` stands for an access token and `$USER` for a user name. */
  readonly text: string;
}

export interface SnippetAddress {
  /** `http://host:port` */
  readonly origin: string;
  /** `host:port` */
  readonly host: string;
  readonly repository: string;
  /** `origin + /repository/<repository>` */
  readonly baseUrl: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A repository made at the first start. */
export interface StarterRepository {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Everything that differs by format is a member of this value; code outside a format's folder never names a format.
 * A new format is one folder with one such value, and one line in `apps/server/src/formats.ts`.
 */
export interface Format {
  readonly name: string;
  /** For people: `npm packages`. */
  readonly title: string;
  readonly kinds: readonly Kind[];
  /** Nest module with the controllers; their prefix is `mountOf(name)`. */
  readonly module: Type<unknown>;
  /** Settings beyond the common ones (`overwritePolicy`, `tagRules`), as a strict zod object with defaults. */
  readonly settings: z.ZodObject;
  readonly defaults: { readonly overwritePolicy: OverwritePolicy; readonly tagRules: readonly TagRule[] };
  /** Repository names stand in an image reference: lower case only. */
  readonly lowerCaseRepositoryNames?: boolean;
  /** `%2f` inside a path segment is part of a name (npm scopes) instead of a bad request. */
  readonly encodedSlashes?: boolean;
  /**
   * A mount of its own instead of `/repository/<repository>`: `/v2`. `rootRoute` recognises paths below it that belong to no repository;
   * it is asked first.
   */
  readonly mount?: { readonly prefix: string; rootRoute(request: RouteRequest): RouteResult };
  readonly starterRepositories: readonly StarterRepository[];
  /** Pure. Undefined: no such path (404). @throws LarderError with invalid-* for a path that is wrong in itself */
  route(request: RouteRequest): RouteResult;
  /** Pure: one table from code to status and words. */
  renderError(failure: Failure, request: FailedRequest): WireAnswer;
  snippets(address: SnippetAddress): readonly Snippet[];
}

/** Prefix of a format's controllers. Clients cannot reach it: the front rewrites to it after every check, and refuses it from outside. */
export function mountOf(format: string): string {
  return `~${format}`;
}
