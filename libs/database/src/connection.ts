import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';

/** Reads a `postgresql://` URL, including `?host=/folder` for a unix socket, into node-postgres' options. */
export function connectionOf(url: string): ClientConfig {
  return parseIntoClientConfig(url);
}
