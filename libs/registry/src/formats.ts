import type { Format } from './format.js';

/** The formats of this server, by name. */
export class Formats {
  private readonly byName: ReadonlyMap<string, Format>;

  constructor(readonly all: readonly Format[]) {
    this.byName = new Map(all.map(format => [format.name, format]));
    if (this.byName.size !== all.length) throw new Error('two formats have the same name');
  }

  find(name: string): Format | undefined {
    return this.byName.get(name);
  }

  /** @throws Error: rows of a format that this build lacks are a fault of the installation, not of a request */
  get(name: string): Format {
    const format = this.byName.get(name);
    if (!format) throw new Error(`this server has no format named ${name}`);
    return format;
  }
}
