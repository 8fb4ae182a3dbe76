import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';

/** The media type among `offered` that the client's `Accept` ranks highest; undefined when it takes none of them. Without `Accept` the first. */
export function preferredMediaType(req: IncomingMessage, offered: readonly string[]): string | undefined {
  if (req.headers.accept === undefined) return offered[0];
  return new Negotiator(req).mediaType([...offered]);
}
