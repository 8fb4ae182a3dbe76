import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemCode, timeOrderedId } from '#kernel';

export interface RegistryKey {
  readonly kid: string;
  readonly secret: Uint8Array;
}

const keyFile = z.object({
  keys: z.array(z.object({ kid: z.string().regex(/^[0-9a-z]{1,40}$/), secret: z.base64url().length(43) })).min(1),
});

const secretBytes = 32;
/** An unknown `kid` may mean that another process turned the keys; the file is read again at most this often. */
const rereadAfterMs = 5_000;

/**
 * The signing keys of registry tokens: `<data>/secrets/registry-token-keys.json`, mode 0600, made at first use. The first key signs, all
 * of them verify: to turn keys, put a new one in front and take the old one out five minutes later.
 */
export class RegistryKeys {
  private keys: readonly RegistryKey[] | undefined;
  private readAt = 0;
  private readonly folder: string;
  private readonly path: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'secrets');
    this.path = join(this.folder, 'registry-token-keys.json');
  }

  /** The key that signs now. */
  async signing(): Promise<RegistryKey> {
    return (await this.current())[0]!;
  }

  async find(kid: string): Promise<RegistryKey | undefined> {
    const known = (await this.current()).find(key => key.kid === kid);
    if (known || performance.now() - this.readAt < rereadAfterMs) return known;
    return (await this.load()).find(key => key.kid === kid);
  }

  private async current(): Promise<readonly RegistryKey[]> {
    return this.keys ?? this.load();
  }

  private async load(): Promise<readonly RegistryKey[]> {
    this.readAt = performance.now();
    const text = (await this.read()) ?? (await this.create());
    const { keys } = keyFile.parse(JSON.parse(text));
    this.keys = keys.map(key => ({ kid: key.kid, secret: Buffer.from(key.secret, 'base64url') }));
    return this.keys;
  }

  private async read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Several processes may start on an empty folder: the whole file is written aside, and the one whose link comes first wins. */
  private async create(): Promise<string> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const key = { kid: timeOrderedId(), secret: randomBytes(secretBytes).toString('base64url') };
    const aside = `${this.path}.${timeOrderedId()}`;
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify({ keys: [key] }, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      await link(aside, this.path);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    } finally {
      await rm(aside, { force: true });
    }
    return readFile(this.path, 'utf8');
  }
}
