/** An answer that is more than its value: a strong validator, further headers. */
export class Reply<T> {
  constructor(
    readonly value: T,
    readonly options: { readonly etag?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {}
}

/** Items that are sent one on each line (`application/x-ndjson`) as they come. */
export class ItemStream {
  constructor(readonly items: AsyncIterable<unknown>) {}
}
