import type { Measurement } from '../measurement.js';
import { bigBlobs } from './big-blobs.js';
import { byteCost } from './byte-cost.js';
import { memory } from './memory.js';
import { publishes } from './publishes.js';
import { smallReads } from './small-reads.js';
import { starts } from './starts.js';

/** In the order of the table. Memory comes last because it starts the server anew. */
export const measurements: readonly Measurement[] = [
  ...smallReads,
  byteCost,
  ...bigBlobs,
  ...publishes,
  ...starts,
  ...memory,
];
