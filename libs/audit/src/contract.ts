/** Who acts, as an event records it. Never a secret, never a header as sent except the client's own name. */
export interface Actor {
  /** `user:7`, `anonymous`, `system`. */
  readonly principalId: string;
  readonly principalName: string;
  /** Row id of the access token that was used, if one was. */
  readonly tokenId: string | null;
  /** The `User-Agent`, cut at 200 characters. */
  readonly client: string | null;
  readonly sourceAddress: string | null;
  readonly requestId: string | null;
}

/** One change, written in the transaction that makes it. */
export interface NewEvent {
  /** `version.publish`, `tag.move`, `file.replace`, `version.remove`, `state.set`, `repository.create`, `grant.create` … */
  readonly action: string;
  readonly repositoryId?: string;
  readonly repository?: string;
  readonly package?: string;
  readonly version?: string;
  readonly tag?: string;
  readonly path?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** An event as it stands in the log. */
export interface EventRow extends Actor {
  /** Grows with each event; the cursor of the log. */
  readonly sequence: string;
  readonly at: Date;
  readonly action: string;
  readonly repositoryId: string | null;
  readonly repository: string | null;
  readonly package: string | null;
  readonly version: string | null;
  readonly tag: string | null;
  readonly path: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

/** Why one request was refused or found nothing. */
export interface Decision {
  /** `timeOrderedId()`: sent to the client as `X-Decision-Id`. */
  readonly id: string;
  readonly at: Date;
  readonly principalId: string;
  readonly principalName: string;
  readonly method: string;
  /** Path and query as sent; the values of the query are dropped when it is kept. */
  readonly url: string;
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly repository: string | null;
  /** The rule that spoke. */
  readonly rule: string | null;
  /** The steps of the trace. */
  readonly steps: readonly unknown[];
}
