import { Worker } from 'node:worker_threads';

/** What the second thread is told; see hash-worker.ts. Each order is answered by one text: the hex digits at the end, otherwise nothing. */
export interface HashOrder {
  readonly id: number;
  readonly piece?: Uint8Array;
  readonly end?: boolean;
}

interface Waiting {
  resolve(hex: string): void;
  reject(error: Error): void;
}

/** Memory that both threads see, per slot: the largest piece that can be hashed at once. */
export const slotBytes = 512 * 1024;
const slotLimit = 16;

/**
 * A second thread that computes sha256, so that the first one only moves bytes: on two cores a large pull becomes half as fast again. Started at first
 * use; it keeps the process alive only while somebody waits for it.
 *
 * Pieces are copied into a few slots of shared memory that are used again and again. Reading straight into fresh shared memory would save the copy, but
 * the garbage collector does not see how much such memory is held: half a gigabyte piled up while one was streamed.
 */
export class HashThread {
  #worker: Worker | undefined;
  #lastId = 0;
  #waiting: Waiting[] = [];
  #slots = 0;
  readonly #freeSlots: Uint8Array[] = [];
  readonly #slotWanted: ((slot: Uint8Array) => void)[] = [];

  /** Begins a digest. */
  begin(): ThreadHash {
    return new ThreadHash(this, ++this.#lastId);
  }

  /** Resolves when the piece has been hashed. */
  async hash(id: number, piece: Uint8Array): Promise<void> {
    const slot = await this.#takeSlot();
    try {
      slot.set(piece);
      await this.order({ id, piece: slot.subarray(0, piece.length) });
    } finally {
      const wanting = this.#slotWanted.shift();
      if (wanting) wanting(slot);
      else this.#freeSlots.push(slot);
    }
  }

  order(order: HashOrder): Promise<string> {
    return new Promise((resolve, reject) => {
      const worker = (this.#worker ??= this.#start());
      if (this.#waiting.push({ resolve, reject }) === 1) worker.ref();
      worker.postMessage(order);
    });
  }

  #takeSlot(): Uint8Array | Promise<Uint8Array> {
    const free = this.#freeSlots.pop();
    if (free) return free;
    if (this.#slots === slotLimit) return new Promise(resolve => this.#slotWanted.push(resolve));
    this.#slots++;
    return new Uint8Array(new SharedArrayBuffer(slotBytes));
  }

  #start(): Worker {
    const worker = new Worker(new URL('./hash-worker.js', import.meta.url));
    worker.unref();
    worker.on('message', (hex: string) => {
      const answered = this.#waiting.shift();
      if (this.#waiting.length === 0) worker.unref();
      answered?.resolve(hex);
    });
    worker.on('error', (error: Error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, new Error('the hashing thread ended')));
    return worker;
  }

  /** Whoever waits fails; the next order starts a new thread. */
  #lose(worker: Worker, error: Error): void {
    // A thread that throws reports its error and then its exit; by then another one may be at work.
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** One digest that the thread computes. End it in any case, or its state stays in the thread. */
export class ThreadHash {
  constructor(
    private readonly thread: HashThread,
    private readonly id: number,
  ) {}

  /** At most 512 KiB. Wait for one piece before giving the next. The memory may be changed when this resolves. */
  update(piece: Uint8Array): Promise<void> {
    return this.thread.hash(this.id, piece);
  }

  /** Hex digits. */
  end(): Promise<string> {
    return this.thread.order({ id: this.id, end: true });
  }
}
