/** 1 MiB: readers that keep up with the upstream share the chunks in memory; only slower ones read the disk. */
const keptBytes = 1024 * 1024;
/** Many tiny chunks would make the search long. */
const keptChunks = 128;

/** The end of what has arrived. */
export class RecentBytes {
  readonly #chunks: { readonly start: number; readonly bytes: Buffer }[] = [];
  #size = 0;

  add(start: number, bytes: Buffer): void {
    this.#chunks.push({ start, bytes });
    this.#size += bytes.length;
    while (this.#chunks.length > 1 && (this.#size > keptBytes || this.#chunks.length > keptChunks)) {
      this.#size -= this.#chunks.shift()!.bytes.length;
    }
  }

  /** From 1 to `length` bytes at `position`, or undefined when they are no longer here. */
  read(position: number, length: number): Buffer | undefined {
    const found = this.#chunks.findLast(({ start }) => start <= position);
    if (!found || position >= found.start + found.bytes.length) return undefined;
    return found.bytes.subarray(position - found.start, position - found.start + length);
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#size = 0;
  }
}
