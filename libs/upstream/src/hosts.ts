import ipaddr from 'ipaddr.js';

/** A URL's host name in one form: lower case, no brackets, no final dot. */
export function plainHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

/** True when a pattern, exact or `*.suffix`, covers the host. `*.example` does not cover `example` itself. */
export function matchesHost(patterns: readonly string[] | undefined, hostname: string): boolean {
  const host = plainHost(hostname);
  return (patterns ?? []).some(pattern =>
    pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === plainHost(pattern),
  );
}

/** Suffixes below which each name belongs to somebody else. The list need not be whole: a missing one only widens trust within one provider. */
const sharedSuffixes: readonly string[] = [
  'azurecr.io',
  'amazonaws.com',
  'cloudfront.net',
  'azurewebsites.net',
  'windows.net',
  'github.io',
  'gitlab.io',
  'pages.dev',
  'workers.dev',
  'pkg.dev',
  'run.app',
  'web.app',
  'jfrog.io',
  'herokuapp.com',
  'vercel.app',
  'netlify.app',
  'fly.dev',
  'onrender.com',
];

const secondLevel: ReadonlySet<string> = new Set(['co', 'com', 'net', 'org', 'ac', 'edu', 'gov', 'go', 'ne', 'or']);

/**
 * The part of a host name that one owner registered, by rule of thumb: `auth.example.com` and `registry.example.com` have one owner. An
 * address, a name of one label and every name below a shared suffix are their own owner.
 */
export function registrableHost(hostname: string): string {
  const host = plainHost(hostname);
  if (ipaddr.isValid(host) || sharedSuffixes.some(suffix => host === suffix || host.endsWith(`.${suffix}`)))
    return host;
  const labels = host.split('.');
  const wide = labels.length > 2 && labels.at(-1)!.length === 2 && secondLevel.has(labels.at(-2)!);
  return labels.slice(wide ? -3 : -2).join('.');
}
