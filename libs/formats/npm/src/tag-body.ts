import type { IncomingMessage } from 'node:http';
import { LarderError } from '#kernel';
import { readBody } from '#http';
import { canonicalVersion } from './names.js';

const maxTagBodyBytes = 16 * 1024;

/** The version that a tag shall point to: a bare JSON string, as clients send it, or the same without quotes. @throws invalid-request */
export async function readTagBody(req: IncomingMessage): Promise<string> {
  return parseTagBody((await readBody(req, maxTagBodyBytes)).toString('utf8'));
}

export function parseTagBody(body: string): string {
  const text = body.trim();
  const version = text.startsWith('"') ? parseString(text) : text;
  if (version !== undefined && canonicalVersion(version) !== undefined) return version;
  throw new LarderError(
    'invalid-request',
    'The body of a dist-tag request must be a version as a JSON string, like "1.2.3".',
  );
}

function parseString(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
