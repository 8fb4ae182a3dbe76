import { matchesHost, plainHost } from './hosts.js';
import type { UpstreamSettings } from './settings.js';
import { UpstreamFailure } from './upstream-failure.js';

/**
 * The URL of a request. A path is joined to the configured URL and cannot leave it; an absolute URL must be http or https, hold no user name, and be
 * on a host that the settings allow.
 * @throws UpstreamFailure invalid, redirect
 */
export function targetUrl(settings: UpstreamSettings, path: string): URL {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return assertHost(settings, parse(path));
  const url = parse(`${settings.url}/${path.replace(/^\/+/, '')}`);
  const base = new URL(`${settings.url}/`);
  if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) {
    throw new UpstreamFailure('invalid', 'The path leads out of the address of the upstream.');
  }
  return url;
}

/**
 * Where a redirect leads. A way back from https to http is refused: whoever listens there could change the answer.
 * @throws UpstreamFailure redirect
 */
export function redirectUrl(settings: UpstreamSettings, from: URL, location: string | undefined): URL {
  if (!location || !URL.canParse(location, from.href)) {
    throw new UpstreamFailure('redirect', 'The upstream redirects to nowhere.');
  }
  const url = new URL(location, from.href);
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    throw new UpstreamFailure('redirect', 'The upstream redirects from https to http.');
  }
  if (url.username !== '' || url.password !== '' || !/^https?:$/.test(url.protocol)) {
    throw new UpstreamFailure('redirect', 'The upstream redirects to an address that is not plain http or https.');
  }
  url.hash = '';
  return assertHost(settings, url);
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new UpstreamFailure('invalid', 'The address of the file is not a plain http or https URL.');
  }
  url.hash = '';
  return url;
}

function assertHost(settings: UpstreamSettings, url: URL): URL {
  const own = plainHost(url.hostname) === plainHost(new URL(settings.url).hostname);
  if (!own && settings.allowedHosts && !matchesHost(settings.allowedHosts, url.hostname)) {
    throw new UpstreamFailure(
      'redirect',
      'The upstream leads to a host that is not among its allowed hosts. Add the host to the settings if files may come from it.',
    );
  }
  return url;
}
