import type { Bench } from './bench.js';
import type { Row } from './table.js';

/** One row of the table, and how to get it. */
export interface Measurement {
  readonly title: string;
  measure(bench: Bench): Promise<Omit<Row, 'what'>>;
}
