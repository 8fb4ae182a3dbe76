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
