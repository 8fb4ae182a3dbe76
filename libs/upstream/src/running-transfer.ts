import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { isLarderError } from '#kernel';
import { RecentBytes } from './recent-bytes.js';
import type { TransferSink, TransferStart } from './transfer-contract.js';
import type { GrowingFile } from './transfer-reader.js';
import { isUpstreamFailure, UpstreamFailure } from './upstream-failure.js';

export interface TransferOrder<T> {
  readonly start: TransferStart;
  readonly openSink: () => Promise<TransferSink<T>>;
  /** Milliseconds to wait before the n-th resumption, beginning with 1. */
  readonly pauseMs: (attempt: number) => number;
}

/** Readers get them after the file was verified, so that wrong bytes never end cleanly. */
const heldBackBytes = 64 * 1024;
const resumptions = 5;
/** Less than this, or less than half of the file, is worth receiving for the next reader. */
const worthFinishingBytes = 64 * 1024 * 1024;

/** The sink or the file's own rules failed: asking the upstream again would not help. */
class Hopeless extends Error {}

/** The one transfer of a key, from the first byte to the commit. */
export class RunningTransfer<T> implements GrowingFile {
  readonly started: Promise<{ readonly totalBytes: number | undefined }>;
  readonly finished: Promise<T>;
  failure: unknown;
  complete = false;
  #received = 0;
  #total: number | undefined;
  #sink: TransferSink<T> | undefined;
  #holders = 0;
  #settled = false;
  #finishing = false;
  #changed: (() => void)[] = [];
  readonly #recent = new RecentBytes();
  readonly #stop = new AbortController();
  readonly #begun = Promise.withResolvers<{ readonly totalBytes: number | undefined }>();

  constructor(
    private readonly order: TransferOrder<T>,
    /** The transfer takes no more callers. */
    private readonly onOver: () => void,
  ) {
    this.started = this.#begun.promise;
    this.finished = this.#run();
    // Nobody need wait for either; the readers are told by `failure`.
    this.started.catch(() => undefined);
    this.finished.catch(() => undefined);
  }

  get visibleBytes(): number {
    if (this.complete) return this.#received;
    const bound = Math.max(this.#received, this.#total ?? 0) - heldBackBytes;
    return Math.max(0, Math.min(this.#received, bound));
  }

  async readAt(position: number, length: number): Promise<Buffer> {
    return this.#recent.read(position, length) ?? (await this.#sink!.read(position, length));
  }

  onChange(callback: () => void): void {
    this.#changed.push(callback);
  }

  hold(): void {
    this.#holders++;
  }

  release(): void {
    this.#holders--;
    if (this.#holders > 0) return;
    if (this.#settled) this.#close();
    else if (!this.#worthFinishing()) {
      this.onOver();
      this.#stop.abort(new UpstreamFailure('blocked', 'Nobody waits for the file any more.'));
    }
  }

  #worthFinishing(): boolean {
    if (this.#finishing) return true;
    if (this.#total === undefined) return false;
    const left = this.#total - this.#received;
    return left < worthFinishingBytes || this.#received > left;
  }

  async #run(): Promise<T> {
    try {
      const sink = await this.order.openSink();
      this.#sink = sink;
      await this.#receiveAll(sink);
      this.#finishing = true;
      const result = await sink.finish();
      this.complete = true;
      return result;
    } catch (error) {
      const reason = error instanceof Hopeless ? error.cause : error;
      this.failure = reason;
      this.#begun.reject(reason);
      await this.#sink?.abort();
      throw reason;
    } finally {
      this.#settled = true;
      this.onOver();
      this.#wake();
      if (this.#holders <= 0) this.#close();
    }
  }

  async #receiveAll(sink: TransferSink<T>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#receive(sink);
      } catch (error) {
        this.#stop.signal.throwIfAborted();
        if (attempt > resumptions || !this.#mayResume(error)) throw error;
      }
      await delay(this.order.pauseMs(attempt), undefined, { signal: this.#stop.signal }).catch(() => undefined);
      this.#stop.signal.throwIfAborted();
    }
  }

  /** Only what was cut on the way can be better the next time, and only when the upstream has answered once. */
  #mayResume(error: unknown): boolean {
    if (this.#received === 0 && this.#total === undefined) return false;
    if (error instanceof Hopeless || isLarderError(error)) return false;
    if (!isUpstreamFailure(error)) return true;
    return error.reason === 'unreachable' || error.reason === 'timeout' || error.reason === 'server-error';
  }

  async #receive(sink: TransferSink<T>): Promise<void> {
    const { signal } = this.#stop;
    const { body, offset, totalBytes } = await this.order.start(this.#received, signal);
    try {
      signal.throwIfAborted();
      this.#begin(offset, totalBytes);
      await this.#take(sink, body, offset);
    } finally {
      body.destroy();
    }
    if (this.#total !== undefined && this.#received < this.#total) throw cut();
  }

  #begin(offset: number, totalBytes: number | undefined): void {
    if (this.#total !== undefined && totalBytes !== undefined && totalBytes !== this.#total) throw changed();
    if (offset !== 0 && offset !== this.#received) throw changed();
    this.#total ??= totalBytes;
    this.#begun.resolve({ totalBytes: this.#total });
    this.#wake();
  }

  /** Bytes that came before are compared with what the readers were given: a file that changed in between is no file. */
  async #take(sink: TransferSink<T>, body: Readable, offset: number): Promise<void> {
    const stop = (): void => void body.destroy(this.#stop.signal.reason as Error);
    this.#stop.signal.addEventListener('abort', stop, { once: true });
    try {
      let position = offset;
      for await (const chunk of body as AsyncIterable<Buffer>) {
        const known = Math.min(Math.max(this.#received - position, 0), chunk.length);
        if (known > 0) await this.#compare(sink, position, chunk.subarray(0, known));
        if (known < chunk.length) await this.#append(sink, chunk.subarray(known));
        position += chunk.length;
      }
      if (position < this.#received) throw cut();
    } finally {
      this.#stop.signal.removeEventListener('abort', stop);
    }
  }

  async #append(sink: TransferSink<T>, chunk: Buffer): Promise<void> {
    if (this.#total !== undefined && this.#received + chunk.length > this.#total) throw changed();
    try {
      await sink.append(chunk);
    } catch (error) {
      throw new Hopeless('sink', { cause: error });
    }
    this.#recent.add(this.#received, chunk);
    this.#received += chunk.length;
    this.#wake();
  }

  async #compare(sink: TransferSink<T>, position: number, chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const stored = await sink.read(position + at, chunk.length - at).catch((error: unknown) => {
        throw new Hopeless('sink', { cause: error });
      });
      if (stored.length === 0 || !stored.equals(chunk.subarray(at, at + stored.length))) throw changed();
      at += stored.length;
    }
  }

  #wake(): void {
    const waiting = this.#changed;
    this.#changed = [];
    for (const callback of waiting) callback();
  }

  #close(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#recent.clear();
    if (sink) void sink.close();
  }
}

function cut(): UpstreamFailure {
  return new UpstreamFailure('unreachable', 'The answer of the upstream was cut.');
}

function changed(): UpstreamFailure {
  return new UpstreamFailure('invalid', 'The file changed at the upstream while it was being received.');
}
