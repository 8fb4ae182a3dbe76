import { fork, type ChildProcess, type Serializable } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A module of this folder that runs as a process of its own and answers each message with one message. */
export class Child {
  private constructor(private readonly process: ChildProcess) {}

  static start(module: string, args: readonly string[] = []): Child {
    const path = fileURLToPath(new URL(module, import.meta.url));
    return new Child(fork(path, [...args], { serialization: 'advanced' }));
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** One question at a time. @throws Error when the process ends instead of answering */
  async ask<T>(message: Serializable): Promise<T> {
    const reply = this.next<T>();
    this.process.send(message);
    return reply;
  }

  async next<T>(): Promise<T> {
    const ended = new AbortController();
    const failed = once(this.process, 'exit', { signal: ended.signal }).then(([code]) => {
      throw new Error(`the process ${this.process.spawnargs[1]} ended with ${String(code)}`);
    });
    try {
      const [message] = (await Promise.race([once(this.process, 'message', { signal: ended.signal }), failed])) as [T];
      return message;
    } finally {
      failed.catch(() => undefined);
      ended.abort();
    }
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.disconnect();
    await gone;
  }
}
