import { Foundation1700000000001 } from './0001-foundation.js';

/** In order. One file a change; each must work under the release before it. */
export const migrations = [Foundation1700000000001];
