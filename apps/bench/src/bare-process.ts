import { Child } from './child.js';
import type { BareMessage } from './bare-server.js';

/** The server to compare with, as a child process. */
export class BareProcess {
  private constructor(
    private readonly child: Child,
    readonly url: string,
    readonly secondsToReady: number,
  ) {}

  /** @param folder for what is sent to it */
  static async start(folder: string): Promise<BareProcess> {
    const startedAt = performance.now();
    const child = Child.start('./bare-server.js', [folder]);
    const { port } = await child.next<{ port: number }>();
    const url = `http://127.0.0.1:${port}`;
    await fetch(url);
    return new BareProcess(child, url, (performance.now() - startedAt) / 1000);
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Gives it bytes or a file to answer with. */
  async prepare(message: BareMessage): Promise<void> {
    await this.child.ask(message);
  }

  stop(): Promise<void> {
    return this.child.stop();
  }
}
