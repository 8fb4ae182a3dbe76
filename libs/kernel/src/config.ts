import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { LarderError } from './errors.js';
import { logLevels, type LogLevel } from './logger.js';

/** Every setting of the server, parsed once in `main.ts` and never changed afterwards. */
export interface Config {
  readonly host: string;
  /** 0 lets the system choose a port (tests). */
  readonly port: number;
  /** Absolute path: blobs, uploads, embedded database, secrets. */
  readonly dataDir: string;
  /** undefined: the embedded PostgreSQL is started in the data folder. */
  readonly databaseUrl: string | undefined;
  /** Without a trailing slash; undefined: made from the listening address. */
  readonly publicUrl: string | undefined;
  /** Addresses or CIDR ranges whose forwarding headers are believed. */
  readonly trustedProxies: readonly string[];
  readonly adminPassword: string | undefined;
  readonly logLevel: LogLevel;
  readonly workers: number;
  readonly starterRepositories: 'default' | 'none';
}

const proxyEntry = z.string().refine(text => {
  const [address = '', bits] = text.split('/');
  const family = isIP(address);
  return family !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)));
}, 'must be IP addresses or CIDR ranges, separated by commas');

const commaList = z.string().transform(text =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== ''),
);

const settings = {
  LARDER_HOST: z.string().min(1).default('127.0.0.1'),
  LARDER_PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number')
    .transform(Number)
    .refine(port => port <= 65535, 'must be at most 65535')
    .default(8081),
  LARDER_DATA_DIR: z.string().min(1).default('./data'),
  LARDER_DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .optional(),
  LARDER_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .refine(text => !/[?#]/.test(text), 'must have no query and no fragment')
    .transform(text => text.replace(/\/+$/, ''))
    .optional(),
  LARDER_TRUSTED_PROXIES: commaList.pipe(z.array(proxyEntry)).default([]),
  LARDER_ADMIN_PASSWORD: z.string().min(12, 'must have at least 12 characters').max(1024).optional(),
  LARDER_LOG_LEVEL: z.enum(logLevels).default('info'),
  LARDER_WORKERS: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a number from 1 to 128')
    .transform(Number)
    .refine(count => count >= 1 && count <= 128, 'must be a number from 1 to 128')
    .default(1),
  LARDER_STARTER_REPOSITORIES: z.enum(['default', 'none']).default('default'),
} as const;

/** The names of all settings, for the table in the README and its test. */
export const settingNames: readonly string[] = Object.keys(settings);

/**
 * Reads the settings from an environment. An unknown `LARDER_*` name is an error, with the nearest known name as a suggestion:
 * a typing error in a setting must not pass silently. An empty value counts as not set.
 * @throws invalid-request with one line for each problem.
 */
export function parseConfig(
  environment: Record<string, string | undefined>,
  workingDirectory: string = process.cwd(),
): Config {
  const problems: string[] = [];
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('LARDER_') || value === undefined || value === '') continue;
    if (!(name in settings)) problems.push(`${name} is not a setting of Larder; did you mean ${nearestSetting(name)}?`);
    else given[name] = value;
  }
  const parsed = z.object(settings).safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(`${issue.path.join('.')} ${issue.message}`);
  }
  if (problems.length > 0 || !parsed.success) throw new LarderError('invalid-request', problems.join('\n'));
  const value = parsed.data;
  return Object.freeze({
    host: value.LARDER_HOST,
    port: value.LARDER_PORT,
    dataDir: resolve(workingDirectory, value.LARDER_DATA_DIR),
    databaseUrl: value.LARDER_DATABASE_URL,
    publicUrl: value.LARDER_PUBLIC_URL,
    trustedProxies: Object.freeze(value.LARDER_TRUSTED_PROXIES),
    adminPassword: value.LARDER_ADMIN_PASSWORD,
    logLevel: value.LARDER_LOG_LEVEL,
    workers: value.LARDER_WORKERS,
    starterRepositories: value.LARDER_STARTER_REPOSITORIES,
  });
}

function nearestSetting(name: string): string {
  let best = settingNames[0]!;
  let bestDistance = Infinity;
  for (const candidate of settingNames) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
