import { z } from 'zod';

/** Names that the room sets itself, or that would change what a request means; a setting may not carry them. */
const reservedHeaders =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-length|authorization|proxy-.*|cookie|range|if-.*|accept-encoding|user-agent)$/;

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'must be the name of an HTTP header')
  .refine(name => !reservedHeaders.test(name.toLowerCase()), 'must not be a header that Larder sets itself');
const headerValue = z
  .string()
  .max(4096)
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'must be one line of text');

const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .refine(text => !/[?#]/.test(text), 'must have no query and no fragment')
  .refine(withoutUser, 'must hold no user name or password; use credentials')
  .transform(text => text.replace(/\/+$/, ''));

const hostPattern = z
  .string()
  .regex(/^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?$|^\[?[0-9a-f:.]+\]?$/i, 'must be a host name or *.suffix')
  .transform(text => text.toLowerCase());

const secret = z
  .string()
  .min(1)
  .max(16 * 1024)
  .regex(/^[\x20-\x7e\x80-\uffff]*$/, 'must be one line of text');

const credentials = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('basic'), username: secret.refine(name => !name.includes(':')), password: secret }),
  z.strictObject({ kind: z.literal('bearer'), token: secret.regex(/^[\x21-\x7e]+$/, 'must be a token') }),
]);

/** The defaults are the ones of the limits table; the upper bounds keep one upstream from holding a client for ever. */
const timeouts = z.strictObject({
  connectMs: z.int().min(100).max(60_000).default(5_000),
  headersMs: z.int().min(100).max(300_000).default(15_000),
  idleBodyMs: z.int().min(100).max(300_000).default(30_000),
});

/** The settings of a proxy repository's upstream, with defaults. Secrets in it are in clear: whoever stores it encrypts them. */
export const upstreamSettingsSchema = z.strictObject({
  url: baseUrl,
  credentials: credentials.optional(),
  headers: z.record(headerName, headerValue).optional(),
  timeouts: timeouts.prefault({}),
  maxRedirects: z.int().min(0).max(10).default(5),
  maxParallel: z.int().min(1).max(256).default(32),
  maxQueued: z.int().min(0).max(10_000).default(1_000),
  /** At most so many requests begin in each minute; none: no budget. */
  requestsPerMinute: z.int().min(1).max(1_000_000).optional(),
  outboundProxy: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  /** PEM, added to the usual authorities. */
  customCa: z
    .string()
    .max(256 * 1024)
    .includes('-----BEGIN CERTIFICATE-----', { error: 'must be certificates in PEM form' })
    .optional(),
  /** Lets the upstream's own host, and the listed ones, be in a private network. */
  allowPrivateAddresses: z.boolean().default(false),
  /** Further hosts that files may come from, exact or `*.suffix`. Left out: any host with public addresses. */
  allowedHosts: z.array(hostPattern).max(100).optional(),
  /** Further hosts whose token endpoints may receive the credentials. */
  realmHosts: z.array(hostPattern).max(100).optional(),
  /** Switched off by hand: nothing is asked, what is stored is served. */
  disabled: z.boolean().default(false),
});

export type UpstreamSettings = Readonly<z.output<typeof upstreamSettingsSchema>>;
/** What an administrator writes: everything but the URL may be left out. */
export type UpstreamSettingsInput = z.input<typeof upstreamSettingsSchema>;

function withoutUser(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
