import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestServer } from '#testing';

/** What the server holds, counted in its tables and its folders. */
export class Stored {
  constructor(private readonly server: TestServer) {}

  async count(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const table of ['version', 'file', 'event', 'blob']) {
      const [row] = await this.server.database.query<{ count: string }>(`select count(*) from ${table}`);
      counts[table] = Number(row!.count);
    }
    counts['staged'] = await this.staged();
    return counts;
  }

  /** Waits until everything is as it was: the server notices a client that has gone a moment later. */
  async reaches(counts: Record<string, number>): Promise<void> {
    while (JSON.stringify(await this.count()) !== JSON.stringify(counts))
      await new Promise(resolve => setImmediate(resolve));
  }

  private async staged(): Promise<number> {
    const names = await readdir(join(this.server.dataDir, 'uploads'), { recursive: true, withFileTypes: true });
    return names.filter(entry => entry.isFile()).length;
  }
}
