import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { packageTopic } from '#catalog';
import { Database } from '#database';

const emptyBytes = 1024;

/** What is known in memory about one package (or, with the empty name, about one repository). Dropped as a whole when anything below changes. */
class Scope {
  readonly values = new Map<string, Promise<unknown>>();
  bytes = emptyBytes;

  /** Begins anew when it is full: whoever asks for thousands of missing paths must not keep the others from being remembered. */
  add(key: string, value: Promise<unknown>): void {
    if (this.values.size >= maxValuesPerScope) {
      this.values.clear();
      this.bytes = emptyBytes;
    }
    this.values.set(key, value);
  }
}

const maxScopes = 20_000;
const maxValuesPerScope = 5_000;
const maxBytes = 256 * 1024 * 1024;
/** A row in memory, roughly. */
const rowBytes = 600;

/** How a value is loaded, and until when it holds. */
export interface Expiring<T> {
  load(): Promise<T>;
  expiresAt(value: T): number | undefined;
}

/**
 * Memory of computed things per package, kept fresh by notifications. A value lands in the scope object that was current when its loading began, so one
 * that was read before a change can never be found after it.
 */
@Injectable()
export class ContentCache {
  private readonly scopes = new LRUCache<string, Scope>({
    max: maxScopes,
    maxSize: maxBytes,
    sizeCalculation: scope => scope.bytes,
  });

  constructor(private readonly database: Database) {
    database.on(packageTopic, payload => this.drop(payload));
    database.onReconnect(() => this.scopes.clear());
  }

  /** Loads once for all who ask at the same time. Absence (undefined) is kept as well. */
  get<T>(repositoryId: string, scope: string, key: string, load: () => Promise<T>): Promise<T> {
    if (!this.database.notificationsLive) return load();
    const held = this.scopeOf(repositoryId, scope);
    const present = held.values.get(key);
    if (present) return present as Promise<T>;
    const loading = load();
    held.add(key, loading);
    loading.then(
      value => this.weigh(`${repositoryId}:${scope}`, held, value),
      () => this.forget(held, key, loading),
    );
    return loading;
  }

  /** The same for values that hold only until a moment (`expiresAt`, milliseconds since the epoch; undefined: for good). */
  async getUntil<T>(repositoryId: string, scope: string, key: string, { load, expiresAt }: Expiring<T>): Promise<T> {
    const found = this.get(repositoryId, scope, key, load);
    const until = expiresAt(await found);
    if (until === undefined || until > Date.now()) return found;
    const held = this.scopes.peek(`${repositoryId}:${scope}`);
    if (held) this.forget(held, key, found);
    return this.get(repositoryId, scope, key, load);
  }

  /** Only that very value: by now another request may have loaded a new one. */
  private forget(held: Scope, key: string, value: Promise<unknown>): void {
    if (held.values.get(key) === value) held.values.delete(key);
  }

  /** Tells the cache how much the scope holds now, unless it was dropped meanwhile. */
  private weigh(key: string, scope: Scope, value: unknown): void {
    scope.bytes += rowBytes + bufferBytes(value);
    if (this.scopes.peek(key) === scope) this.scopes.set(key, scope);
  }

  private scopeOf(repositoryId: string, name: string): Scope {
    const key = `${repositoryId}:${name}`;
    let scope = this.scopes.get(key);
    if (!scope) {
      scope = new Scope();
      this.scopes.set(key, scope);
    }
    return scope;
  }

  private drop(payload: string): void {
    this.scopes.delete(payload);
    const repositoryId = payload.slice(0, payload.indexOf(':'));
    this.scopes.delete(`${repositoryId}:`);
  }
}

/** Bytes of the buffers in a value, two levels deep: what rendered documents and manifests consist of. */
function bufferBytes(value: unknown, depth = 2): number {
  if (Buffer.isBuffer(value)) return value.length;
  if (typeof value === 'string') return value.length * 2;
  if (depth === 0 || typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + bufferBytes(part, depth - 1), 0);
}
