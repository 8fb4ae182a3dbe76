import type { Protocol } from '../write.js';
import { maven } from './maven.js';
import { npm } from './npm.js';
import { oci } from './oci.js';
import { pypi } from './pypi.js';
import { raw } from './raw.js';

export const protocols: readonly Protocol[] = [npm, oci, maven, pypi, raw];

export function protocolOf(format: string): Protocol {
  const found = protocols.find(protocol => protocol.format === format);
  if (!found) throw new Error(`the ledger knows no format ${format}`);
  return found;
}
