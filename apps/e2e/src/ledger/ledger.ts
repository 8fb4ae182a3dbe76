import { open, readFile, type FileHandle } from 'node:fs/promises';
import type { Write } from './write.js';

/** `unknown`: the connection broke, or the server said that it does not know. */
export type Result = 'acknowledged' | 'refused' | 'unknown';
export type State = 'whole' | 'absent';

/** One line of the file. Its number is the clock: what stands on an earlier line happened before. */
export type Line =
  | { readonly line: 'intent'; readonly attempt: number; readonly write: Write }
  | {
      readonly line: 'outcome';
      readonly attempt: number;
      readonly result: Result;
      readonly answered: boolean;
      readonly detail: string;
    }
  /** What a write whose outcome was unknown turned out to be. From here on it must stay so. */
  | { readonly line: 'settled'; readonly write: string; readonly state: State }
  | { readonly line: 'tag-seen'; readonly key: string; readonly value: string | null }
  | { readonly line: 'restarted' };

/**
 * The client's memory, on disk and outside the server's folder: what it is about to ask stands in it before the request, what it was answered after the answer, each durable
 * before the client goes on.
 */
export class Ledger {
  private attempts = 0;
  private waiting: { text: string; done: () => void }[] = [];
  private writing: Promise<void> | undefined;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async open(path: string): Promise<Ledger> {
    return new Ledger(path, await open(path, 'a'));
  }

  /** Resolves with the number of the attempt when the intent is on disk. */
  async intend(write: Write): Promise<number> {
    const attempt = ++this.attempts;
    await this.append({ line: 'intent', attempt, write });
    return attempt;
  }

  conclude(attempt: number, outcome: { result: Result; answered: boolean; detail: string }): Promise<void> {
    return this.append({ line: 'outcome', attempt, ...outcome });
  }

  /** Lines stand in the order of the calls; those that wait for the same sync share it. */
  async append(line: Line): Promise<void> {
    const written = new Promise<void>(done => this.waiting.push({ text: `${JSON.stringify(line)}\n`, done }));
    this.writing ??= this.writeAll().finally(() => (this.writing = undefined));
    await Promise.race([written, this.writing.then(() => written)]);
  }

  /** What the file says. */
  async read(): Promise<Line[]> {
    const text = await readFile(this.path, 'utf8');
    return text
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Line);
  }

  async close(): Promise<void> {
    await this.writing;
    await this.file.close();
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      await this.file.appendFile(batch.map(entry => entry.text).join(''));
      await this.file.datasync();
      for (const { done } of batch) done();
    }
  }
}
