import { formats } from '#server';
import type { Site } from './site.js';
import type { Publication } from './write.js';

export interface StormOptions {
  /** How many publish at once. */
  readonly users: number;
  /** Numbers from 0 to 1; injected, so that a storm can be made again. */
  readonly random: () => number;
}

const packages = 3;

/**
 * Users who publish in all formats at once, to few packages, so that they meet on package rows, tags and blobs: the raw file, the jar and the layer of one number have the
 * same bytes. Each stops at the first publish that is not acknowledged.
 */
export class Storm {
  private next = 0;
  private readonly tasks: { format: string; number: number }[] = [];
  private stopping = false;

  constructor(private readonly options: StormOptions) {}

  /** Resolves when every user has stopped: after `stop`, or because the server has gone. Gives the number of whole publishes. */
  async rage(site: Site): Promise<number> {
    this.stopping = false;
    let done = 0;
    const { publisher } = site;
    const user = async (): Promise<void> => {
      while (!this.stopping) {
        const { format, number } = this.take();
        if ((await publisher.publish(format, this.publication(number))) !== 'acknowledged') return;
        done++;
      }
    };
    await Promise.all(Array.from({ length: this.options.users }, user));
    return done;
  }

  /** Users finish what they are doing. */
  stop(): void {
    this.stopping = true;
  }

  /** What is published under a number; in every format with the same bytes, mostly few, sometimes some chunks of them. */
  publication(number: number): Publication {
    const sizeBytes = number % 10 === 0 ? 1_200_000 : 1_000 + ((number * 7_919) % 60_000);
    return { name: `storm-${number % packages}`, version: `1.0.${number}`, seed: `storm ${number}`, sizeBytes };
  }

  private take(): { format: string; number: number } {
    if (this.tasks.length === 0) {
      this.next++;
      for (const { name } of formats) this.tasks.push({ format: name, number: this.next });
      this.tasks.sort(() => this.options.random() - 0.5);
    }
    return this.tasks.pop()!;
  }
}

/** Numbers from 0 to 1 that the same seed gives again (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
