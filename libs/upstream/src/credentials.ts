import type { UpstreamSettings } from './settings.js';

/** The `authorization` header of the configured credentials. Only for the configured origin and for token endpoints that may have them. */
export function credentialsHeader({ credentials }: UpstreamSettings): { authorization?: string } {
  if (!credentials) return {};
  if (credentials.kind === 'bearer') return { authorization: `Bearer ${credentials.token}` };
  const pair = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  return { authorization: `Basic ${pair}` };
}
