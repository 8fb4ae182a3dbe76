import type { Readable } from 'node:stream';
import { RunningTransfer } from './running-transfer.js';
import type { Transfer, TransferSink, TransferStart } from './transfer-contract.js';
import { TransferReader } from './transfer-reader.js';

export interface TransferOptions {
  /** Milliseconds to wait before the n-th resumption of a cut transfer, beginning with 1. */
  readonly pauseMs?: (attempt: number) => number;
}

/** A quarter of a second, then twice as long each time: 250, 500, … 4,000. */
const doublingPause = (attempt: number): number => 250 * 2 ** (attempt - 1);

/**
 * One transfer for each key in this process: whoever opens a key while it is on its way joins in, wherever the transfer has got to. The first
 * caller's leaving changes nothing; when all have left, a transfer goes on only if more than half is there or less than 64 MiB is missing.
 */
export class Transfers<T> {
  readonly #running = new Map<string, RunningTransfer<T>>();

  constructor(private readonly options: TransferOptions = {}) {}

  /**
   * Begins or joins the transfer of a key. `start` and `openSink` are called only when this call begins it. Never throws; failures are in `started`,
   * `finished` and the readers.
   */
  open(key: string, start: TransferStart, openSink: () => Promise<TransferSink<T>>): Transfer<T> {
    const joined = this.#running.get(key);
    const running = joined ?? this.#begin(key, start, openSink);
    return new Share(key, joined === undefined, running);
  }

  /** Keys on their way, for a state page. */
  get keys(): readonly string[] {
    return [...this.#running.keys()];
  }

  #begin(key: string, start: TransferStart, openSink: () => Promise<TransferSink<T>>): RunningTransfer<T> {
    const order = { start, openSink, pauseMs: this.options.pauseMs ?? doublingPause };
    const running: RunningTransfer<T> = new RunningTransfer(order, () => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    });
    this.#running.set(key, running);
    return running;
  }
}

class Share<T> implements Transfer<T> {
  #readers = 0;
  #released = false;

  constructor(
    readonly key: string,
    readonly first: boolean,
    private readonly running: RunningTransfer<T>,
  ) {
    running.hold();
  }

  get started(): Transfer<T>['started'] {
    return this.running.started;
  }

  get finished(): Promise<T> {
    return this.running.finished;
  }

  read(range?: { readonly start: number; readonly end?: number }): Readable {
    if (this.#released) throw new Error('a transfer must not be read after it was released');
    const reader = new TransferReader(this.running, range?.start ?? 0, (range?.end ?? Infinity) + 1);
    this.#readers++;
    reader.once('close', () => {
      this.#readers--;
      if (this.#readers === 0) this.release();
    });
    return reader;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.running.release();
  }
}
